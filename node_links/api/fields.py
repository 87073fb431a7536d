"""Fields that the serializers of all features share."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from node_links.permissions import normalise


class LowerCaseField(serializers.CharField):
    """A text in lower case, which may be longer than what was sent (`İ` becomes two characters)."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text in lower case; its length is checked afterwards."""
        return super().to_internal_value(data).lower()


class WordsField(serializers.ListField):
    """A list of short texts, trimmed, unique; the first spelling stays."""

    def __init__(
        self, *, lower: bool = False, longest: int = 50, most: int = 50, **kwargs: Any
    ) -> None:
        """Take what a list field takes; with `lower`, words are stored in lower case."""
        child = LowerCaseField if lower else serializers.CharField
        super().__init__(child=child(max_length=longest), max_length=most, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the words without repetitions."""
        return list(dict.fromkeys(str(word) for word in super().to_internal_value(data)))


def checked_permissions(
    actor: Actor, value: dict[str, Any], *, owner_id: UUID | None
) -> dict[str, Any]:
    """Return permissions in their stored form, for a serializer's `validate_permissions`.

    Raises the framework's `ValidationError`, so that it is told beside the other violations.
    """
    try:
        return normalise(actor, value, owner_id=owner_id)
    except ValidationFailed as error:
        raise serializers.ValidationError(_nested(error)) from error


def _nested(error: ValidationFailed) -> dict[str, Any]:
    """Return the faults at `/permissions/<list>[/<place>]` as the framework nests them."""
    nested: dict[str, Any] = {}
    for fault in error.errors:
        _, _, name, *place = fault.pointer.split("/")
        detail = [serializers.ErrorDetail(fault.message, fault.code)]
        if place:
            nested.setdefault(name, {})[place[0]] = detail
        else:
            nested[name] = detail
    return nested
