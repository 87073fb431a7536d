"""Turning rows into JSON values without asking each field again and again what it is.

The framework makes all fields anew for each serializer and walks a chain of generic steps for every
field of every row. Which steps apply is known from the class, so each class is compiled once into
one function per field. Only kinds of fields that are known to look at nothing but the value take
the short way; any other goes the framework's way through the serializer's own field.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from rest_framework import ISO_8601
from rest_framework import fields as drf
from rest_framework.relations import PKOnlyObject
from rest_framework.serializers import Serializer as FrameworkSerializer
from rest_framework.settings import api_settings

AnyField = drf.Field[Any, Any, Any, Any]
Convert = Callable[[Any], Any]
Read = Callable[[Any, Any], Any]
"""From (serializer, row) to the JSON value of one field."""

SKIPPED = object()
"""What a reader answers where the field is to be left out."""

# The exact types that pass through these methods as they are; a subclass (a choice) is converted.
_AS_IS: dict[Any, type] = {
    drf.CharField.to_representation: str,
    drf.ChoiceField.to_representation: str,
    drf.IntegerField.to_representation: int,
    drf.FloatField.to_representation: float,
    drf.BooleanField.to_representation: bool,
}
_OF_THE_VALUE_ALONE = frozenset(
    {
        drf.UUIDField,
        drf.JSONField,
        drf.DictField,
        drf.DateField,
        drf.DateTimeField,
        drf.DecimalField,
    }
)

# Who overrides `to_representation` elsewhere has a reason.
_SERIALIZERS = frozenset({FrameworkSerializer.__module__, "config.api.serializers"})


def readers_of(serializer: FrameworkSerializer[Any]) -> list[tuple[str, Read]]:
    """Return (name, reader) for each field that `serializer` shows; good for all of its class."""
    return [(str(field.field_name), _reader(field)) for field in serializer._readable_fields]


def read_row(serializer: Any, row: Any, readers: list[tuple[str, Read]]) -> dict[str, Any]:
    """Return the JSON values of `row`."""
    values = {name: read(serializer, row) for name, read in readers}
    if SKIPPED in values.values():
        return {name: value for name, value in values.items() if value is not SKIPPED}
    return values


def _reader(field: AnyField) -> Read:
    if type(field) is drf.SerializerMethodField:
        method = str(field.method_name)
        return lambda serializer, row: getattr(serializer, method)(row)
    plain = _plain_reader(field)
    if plain is not None:
        return lambda serializer, row: plain(row)
    return _framework_reader(str(field.field_name))


def _framework_reader(name: str) -> Read:
    def read(serializer: Any, row: Any) -> Any:
        field = serializer.fields[name]
        try:
            value = field.get_attribute(row)
        except drf.SkipField:
            return SKIPPED
        known = value.pk if isinstance(value, PKOnlyObject) else value
        return None if known is None else field.to_representation(value)

    return read


def _plain_reader(field: AnyField) -> Convert | None:
    """Return the reader of a field that looks at the row alone; None for any other."""
    convert = _converter(field)
    if (
        convert is None
        or type(field).get_attribute is not drf.Field.get_attribute
        or len(field.source_attrs) != 1
    ):
        return None
    name = field.source_attrs[0]

    def read(row: Any) -> Any:
        try:
            value = row[name] if type(row) is dict else getattr(row, name)
            if callable(value):
                value = field.get_attribute(row)
        except (AttributeError, KeyError):
            try:
                value = field.get_attribute(row)  # a default, or may it be missing?
            except drf.SkipField:
                return SKIPPED
        return None if value is None else convert(value)

    return read


def _converter(field: AnyField) -> Convert | None:
    """Return the function that the field applies to a value; None where it may need more."""
    kind = type(field)
    convert = field.to_representation
    plain = _AS_IS.get(kind.to_representation)
    if plain is not None and _has_textual_choices(field):
        return lambda value: value if type(value) is plain else convert(value)
    if isinstance(field, FrameworkSerializer):
        own = kind.to_representation.__module__ not in _SERIALIZERS
        return None if own else _row_converter(field)
    if kind.to_representation is drf.ListField.to_representation:
        return _list_converter(field)
    if kind is drf.DateTimeField and _shows_rfc3339(field):
        return _moment_converter(convert)
    if isinstance(field, drf.DictField) and type(field.child) is not drf._UnvalidatedField:
        return None
    return convert if kind in _OF_THE_VALUE_ALONE else None


def _has_textual_choices(field: AnyField) -> bool:
    return all(isinstance(choice, str) for choice in getattr(field, "choices", ()))


def _row_converter(serializer: FrameworkSerializer[Any]) -> Convert | None:
    """Return the converter of a nested row, if all of its fields are plain."""
    readers = [(str(f.field_name), _plain_reader(f)) for f in serializer._readable_fields]
    plain = [(name, read) for name, read in readers if read is not None]
    if len(plain) < len(readers):
        return None

    def convert(row: Any) -> dict[str, Any]:
        values = {name: read(row) for name, read in plain}
        return {name: value for name, value in values.items() if value is not SKIPPED}

    return convert


def _list_converter(field: Any) -> Convert | None:
    each = _converter(field.child)
    if each is None:
        return None
    return lambda values: [None if value is None else each(value) for value in values]


def _moment_converter(convert: Convert) -> Convert:
    def moment(value: Any) -> Any:
        if type(value) is datetime and value.tzinfo is UTC:
            return f"{value.isoformat()[:-6]}Z"
        return convert(value)

    return moment


def _shows_rfc3339(field: AnyField) -> bool:
    """Return whether the field shows moments as the API does: in UTC, by RFC 3339."""
    shown = getattr(field, "format", api_settings.DATETIME_FORMAT)
    return (
        shown == ISO_8601
        and not hasattr(field, "timezone")
        and timezone.get_default_timezone_name() == "UTC"
    )
