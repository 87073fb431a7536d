"""Finding out what a change is about, before it is known to be well-formed."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField

from config.exceptions import DomainError


def names_to_change(serializer: Any, data: object) -> list[str]:
    """Return the names of the instance's fields that `data` would change.

    A value that does not fit counts as a change: what cannot be changed in the present state is
    told before what would be wrong with the change.
    """
    if not isinstance(data, Mapping):
        return []
    return [
        str(field.source)
        for name, field in serializer.fields.items()
        if name in data and not field.read_only and _differs(serializer, field, data[name])
    ]


def _differs(serializer: Any, field: Any, value: Any) -> bool:
    try:
        return bool(field.run_validation(value) != getattr(serializer.instance, field.source))
    except (ValidationError, DomainError, SkipField):
        return True
