"""Which JSON type each kind of field takes.

The framework converts kindly: 5 becomes "5", "yes" becomes true, true becomes 1. A client that
sends another type than documented has a fault that should be told and not guessed away.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers as drf

NUMBER = (int, float)
# First match counts, so subclasses stand before their bases. Fields not named take anything.
WIRE_TYPES: tuple[tuple[type[drf.Field[Any, Any, Any, Any]], tuple[type, ...]], ...] = (
    (drf.BooleanField, (bool,)),
    (drf.CharField, (str,)),
    (drf.IntegerField, (int,)),
    (drf.FloatField, NUMBER),
    # Also as text: that is how money is written without binary fractions.
    (drf.DecimalField, (*NUMBER, str)),
    (drf.UUIDField, (str,)),
    (drf.DateTimeField, (str,)),
    (drf.DateField, (str,)),
    (drf.TimeField, (str,)),
    (drf.DurationField, (*NUMBER, str)),
    (drf.MultipleChoiceField, (list,)),
    (drf.PrimaryKeyRelatedField, (str, int)),
    (drf.SlugRelatedField, (str,)),
)
NAMES: dict[type, str] = {
    bool: "true or false",
    str: "a string",
    int: "an integer",
    float: "a number",
    list: "a list",
}


def wrong_types(field: Any, value: Any) -> Any:
    """Return the error details of `value` sent for `field`, None where its type fits.

    Lists and mappings are looked into; a null is left to the field, which knows if it takes one.
    """
    if value is None:
        return None
    if isinstance(field, drf.ListField):
        children = enumerate(value) if isinstance(value, list) else ()
        return dict(_children(field.child, children)) or None
    if isinstance(field, drf.DictField):
        members = value.items() if isinstance(value, Mapping) else ()
        return dict(_children(field.child, members)) or None
    if isinstance(field, drf.ManyRelatedField):
        children = enumerate(value) if isinstance(value, list) else ()
        return dict(_children(field.child_relation, children)) or None
    return _wrong_scalar(field, value)


def _children(child: Any, items: Any) -> Iterator[tuple[Any, Any]]:
    for key, item in items:
        wrong = wrong_types(child, item)
        if wrong is not None:
            yield key, wrong


def _wrong_scalar(field: Any, value: Any) -> list[drf.ErrorDetail] | None:
    if isinstance(field, drf.ChoiceField) and not isinstance(field, drf.MultipleChoiceField):
        kinds: tuple[type, ...] = tuple({type(choice) for choice in field.choices}) or (str,)
        fits = isinstance(value, bool) <= (bool in kinds) and isinstance(value, kinds)
        message = f'"{value}" is not a valid choice.'
        return None if fits else [drf.ErrorDetail(message, "invalid_choice")]
    for kind, types in WIRE_TYPES:
        if isinstance(field, kind):
            if isinstance(value, types) and isinstance(value, bool) <= (bool in types):
                return None
            return [drf.ErrorDetail(f"This must be {NAMES[types[0]]}.", "invalid")]
    return None
