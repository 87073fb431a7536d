"""Fields of nodes that are more than one of the framework's."""

from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.search.embedders.catalogue import LONGEST

MAX_JSON_BYTES = 65_536


class ObjectField(serializers.DictField):
    """A JSON object of any members, at most 64 KiB."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        value: dict[str, Any] = super().to_internal_value(data)
        if len(orjson.dumps(value)) > MAX_JSON_BYTES:
            raise serializers.ValidationError(f"At most {MAX_JSON_BYTES} bytes.", "max_length")
        return value


class KeywordsField(serializers.ListField):
    """At most 50 words of at most 50 characters: trimmed, in lower case, each once."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a list field takes."""
        child = serializers.CharField(max_length=50)
        super().__init__(child=child, max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the words."""
        words = [str(word).lower() for word in super().to_internal_value(data)]
        if any(len(word) > 50 for word in words):  # `İ` becomes two characters
            raise serializers.ValidationError("At most 50 characters.", "max_length")
        return list(dict.fromkeys(words))


@extend_schema_field(
    {
        "type": ["array", "null"],
        "items": {"type": "number"},
        "minItems": 1,
        "maxItems": LONGEST,
        "description": "As many numbers as the model's vectors have; null takes it away.",
        "examples": [None],
    }
)
class VectorField(serializers.Field):  # type: ignore[type-arg]  # takes and gives JSON as it is
    """A list of numbers; whether they make a vector is checked where the model is known."""

    def to_internal_value(self, data: Any) -> list[float]:
        """Return the numbers."""
        if not isinstance(data, list) or not all(type(one) in (int, float) for one in data):
            raise serializers.ValidationError("This must be a list of numbers.", "invalid")
        return data

    def to_representation(self, value: Any) -> list[float]:
        """Return the numbers."""
        return [float(number) for number in value]


class PlaceSerializer(Serializer):
    """A place in a picture."""

    x = serializers.FloatField(min_value=-10_000, max_value=10_000)
    y = serializers.FloatField(min_value=-10_000, max_value=10_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse half a place: a partial change of the node leaves out all of it."""
        missing = [name for name in ("x", "y") if name not in attrs]
        if missing:
            required = serializers.ErrorDetail("This field is required.", "required")
            raise serializers.ValidationError({name: [required] for name in missing})
        return attrs
