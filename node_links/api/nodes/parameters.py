"""Query parameters of the questions about nodes."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.views import APIView

from config.api.errors import ParameterError
from config.api.filters import known_parameters
from config.api.serializers import Serializer
from node_links.choices import FeatureType, LinkOrigin
from node_links.search.hybrid import Mode

MAX_PAGE = 10**9
TYPES = "Names of link types, separated by commas."
FEATURES = "One feature, or several, separated by commas."


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated parameter."""
    return [part.strip() for part in value.split(",") if part.strip()]


class LinksQuerySerializer(Serializer):
    """Which of a node's links."""

    direction = serializers.ChoiceField(choices=["in", "out", "both"], default="both")
    types = serializers.CharField(required=False, max_length=1000, help_text=TYPES)
    origin = serializers.ChoiceField(choices=LinkOrigin.choices, required=False)


class ConnectedQuerySerializer(Serializer):
    """By which links nodes are connected."""

    direction = serializers.ChoiceField(choices=["in", "out", "both"], default="both")
    types = serializers.CharField(required=False, max_length=1000, help_text=TYPES)


class NodeSearchQuerySerializer(Serializer):
    """What to look for."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode], default=Mode.HYBRID.value)
    feature = serializers.CharField(required=False, max_length=200, help_text=FEATURES)
    include_archived = serializers.ChoiceField(choices=["true", "false"], default="false")
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1)
    page_size = serializers.IntegerField(min_value=1, default=20)

    def validate_feature(self, value: str) -> list[str]:
        """Return the features; refuse unknown ones."""
        parts = split(value)
        if not parts or not set(parts) <= set(FeatureType.values):
            known = ", ".join(FeatureType.values)
            raise serializers.ValidationError(f"Choose from: {known}.", "invalid_choice")
        return parts


def read_parameters(
    request: Request, shape: type[Serializer], view: APIView | None = None
) -> dict[str, Any]:
    """Return the checked parameters. Raises `ParameterError` naming every fault.

    `view` names parameters that are read elsewhere: those of its pages.
    """
    own = shape().fields
    others = known_parameters(view) if view is not None else set()
    data = request.query_params.copy()
    for name in data.keys() - own.keys():
        del data[name]
    query = shape(data=data)
    query.is_valid()
    unknown = {
        name: [ErrorDetail("There is no such parameter here.", "unknown_parameter")]
        for name in request.query_params
        if name not in own and name not in others
    }
    if query.errors or unknown:
        raise ParameterError({**query.errors, **unknown})
    return dict(query.validated_data)
