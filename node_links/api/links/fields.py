"""Values of links as the API takes and gives them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.exceptions import ValidationFailed
from node_links.links.rules import read_pin, round_strength


@extend_schema_field({"type": "number", "format": "double", "minimum": 0, "maximum": 1})
class StrengthField(serializers.FloatField):
    """A share, 0 to 1, kept to four places, half up; a number in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the strength as it is stored."""
        value = super().run_validation(data)
        return round_strength(value) if isinstance(value, float) else value


class EntityIdField(serializers.UUIDField):
    """A reference to an entity; text that is no id names nothing that exists."""

    default_error_messages = {"does_not_exist": "There is no such entity."}

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id; raises `ValidationError` with the code `does_not_exist`."""
        try:
            return UUID(data)
        except (ValueError, TypeError, AttributeError):
            self.fail("does_not_exist")


class VersionPinField(serializers.CharField):
    """`latest`, `published`, or a number `x.y.z`."""

    def to_internal_value(self, data: Any) -> str:
        """Return the pin in its one spelling; raises `ValidationError` (`invalid_version`)."""
        text = super().to_internal_value(data)
        try:
            return read_pin(text)
        except ValidationFailed as error:
            raise serializers.ValidationError(error.detail, code="invalid_version") from error
