"""Serializers that take what is documented and nothing else.

Import the field classes from here too (`serializers.CharField`): the types are checked by the base
class, whichever field class is declared.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Field, Model, QuerySet
from rest_framework import serializers as drf
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.utils import html
from rest_framework.validators import (
    ProhibitSurrogateCharactersValidator,
    UniqueValidator,
)

from config.api.reading import Read, read_row, readers_of
from config.api.wire_types import wrong_types

UNKNOWN = "There is no such field."
IMMUTABLE = "This field cannot be changed."
M = TypeVar("M", bound=Model)


AnyField = drf.Field[Any, Any, Any, Any]

if TYPE_CHECKING:
    _Base = drf.Serializer[Any]
else:
    _Base = object


class StrictFields(_Base):
    """What both bases share. All violations are told together.

    - an unknown field is `unknown_field`; a read-only one is ignored, so that what was read may be
      sent back;
    - a value of another JSON type is `invalid` and not converted;
    - a field in `Meta.immutable_fields` sent with another value than the instance has is
      `immutable`; with the same value it is ignored.
    """

    immutable_fields: Sequence[str] = ()
    _readers: list[tuple[str, Read]] | None = None

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the JSON values of `instance`, as the framework does but sooner.

        Fields that are changed for one serializer are changed before it shows its first row.
        """
        if self._readers is None:
            # Fields that stand already may have been changed for this one serializer.
            made = "fields" in self.__dict__
            self._readers = readers_of(self) if made else _readers_of(type(self))
        return read_row(self, instance, self._readers)

    def get_fields(self) -> dict[str, AnyField]:
        """Return this serializer's own fields, copied from those made once for its class."""
        return {name: _copied(field) for name, field in _fields_of(type(self)).items()}

    def _made_fields(self) -> dict[str, AnyField]:
        return super().get_fields()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated values of `data`; raises `ValidationError` naming every fault."""
        if not isinstance(data, Mapping):
            return cast("dict[str, Any]", super().to_internal_value(data))
        faults = self._faults(data)
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            # A fault of type comes first: what the framework says of a converted value misleads.
            faults = {**cast("dict[str, Any]", error.detail), **faults}
        faults = {**self._changed_immutables(values), **faults}
        if faults:
            raise ValidationError(faults)
        return values

    def _faults(self, data: Mapping[str, Any]) -> dict[str, Any]:
        fields = self.fields
        faults: dict[str, Any] = {}
        in_form = html.is_html_input(data)
        for name, value in data.items():
            field = fields.get(name)
            if field is None:
                faults[name] = [ErrorDetail(UNKNOWN, "unknown_field")]
            elif not (in_form or field.read_only):
                wrong = wrong_types(field, value)
                if wrong is not None:
                    faults[name] = wrong
        return faults

    def _changed_immutables(self, values: dict[str, Any]) -> dict[str, Any]:
        """Take the immutable fields out of `values` and return an error for each changed one."""
        names = getattr(getattr(self, "Meta", None), "immutable_fields", self.immutable_fields)
        if not isinstance(self.instance, Model):
            return {}
        changed: dict[str, Any] = {}
        for name in names:
            source = self.fields[name].source
            if source in values and values.pop(source) != getattr(self.instance, source):
                changed[name] = [ErrorDetail(IMMUTABLE, "immutable")]
        return changed


@cache
def _readers_of(serializer: type[StrictFields]) -> list[tuple[str, Read]]:
    return readers_of(serializer())


@cache
def _fields_of(serializer: type[StrictFields]) -> dict[str, AnyField]:
    fields = serializer()._made_fields()
    for field in fields.values():
        field.validators = [
            _refuse_surrogates if isinstance(check, ProhibitSurrogateCharactersValidator) else check
            for check in field.validators
        ]
    return fields


def _refuse_surrogates(value: Any) -> None:
    """Do as the framework's validator, which looks at every character, but only where it must."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        ProhibitSurrogateCharactersValidator()(value)


def _copied(field: AnyField) -> AnyField:
    """Return a field that may be bound to a serializer; what it was made of is shared.

    The framework makes each field anew for each serializer, which costs more than all the rest.
    """
    if isinstance(field, drf.BaseSerializer | drf.ManyRelatedField):
        return copy.deepcopy(field)
    # As `copy.copy` does with what has no say in it, without looking for one.
    own: AnyField = object.__new__(type(field))
    own.__dict__.update(field.__dict__)
    child = getattr(own, "child", None)
    if isinstance(child, drf.Field):
        own.child = _copied(child)  # type: ignore[attr-defined]  # lists and mappings have one
        own.child.parent = own  # type: ignore[attr-defined]
    return own


class Serializer(StrictFields, drf.Serializer[Any]):
    """Base of serializers without a model."""


class PrimaryKeyRelatedField(drf.PrimaryKeyRelatedField[M]):
    """A reference to a row; a malformed id is answered like one that names no row."""

    def to_internal_value(self, data: Any) -> M:
        """Return the row; raises `ValidationError` with the code `does_not_exist`."""
        if isinstance(data, bool):
            self.fail("does_not_exist", pk_value=data)
        rows = cast("QuerySet[M]", self.get_queryset())
        try:
            return rows.get(pk=data)
        except (ObjectDoesNotExist, DjangoValidationError, TypeError, ValueError, OverflowError):
            self.fail("does_not_exist", pk_value=data)


class ModelSerializer(StrictFields, drf.ModelSerializer[M]):
    """Base of serializers of a model.

    Uniqueness is left to the database: asking before saving costs a query and proves nothing while
    others write. A violation comes out as 409 `duplicate`.
    """

    serializer_related_field = PrimaryKeyRelatedField

    def build_standard_field(
        self, field_name: str, model_field: Field[Any, Any]
    ) -> tuple[type[drf.Field[Any, Any, Any, Any]], dict[str, Any]]:
        """Return the field class and its arguments, without the query for uniqueness."""
        field_class, arguments = super().build_standard_field(field_name, model_field)
        if "validators" in arguments:
            arguments["validators"] = [
                validator
                for validator in arguments["validators"]
                if not isinstance(validator, UniqueValidator)
            ]
        return field_class, arguments

    def get_unique_together_validators(self) -> list[Any]:
        """Return none, see above."""
        return []

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return `extra_kwargs` as they are: no field is required because it is part of a key."""
        return extra_kwargs, {}
