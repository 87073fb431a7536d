"""The query parameters of questions about the graph; every wrong one is named."""

from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from config.api.errors import ParameterError
from config.api.serializers import Serializer
from node_links.choices import FeatureType
from node_links.graph.adjacency import Direction
from node_links.graph.bounds import MAX_DEPTH, MAX_LIMIT
from node_links.graph.cycles import MAX_LENGTH
from node_links.graph.integrity import Operation
from node_links.graph.nodes import Address

UNKNOWN = [ErrorDetail("There is no such parameter here.", "unknown_parameter")]
NODE = "A node inside the entity: then the first step takes its own links only."
TYPES = "Names of link types, separated by commas; absent: all types."
DIRECTION = "Along the arrows (`out`), against them (`in`), or either way."

Q = TypeVar("Q", bound=Serializer)


class StartParameters(Serializer):
    """Where a question begins."""

    feature = serializers.ChoiceField(choices=FeatureType.choices)
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(required=False, max_length=255, help_text=NODE)


class NeighboursParameters(StartParameters):
    """`graph/neighbours/`."""

    types = serializers.CharField(required=False, help_text=TYPES)
    direction = serializers.ChoiceField(
        choices=list(Direction), default=Direction.BOTH, help_text=DIRECTION
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=100, help_text="How many links are shown."
    )


class ConnectedParameters(NeighboursParameters):
    """`graph/connected/`."""

    depth = serializers.IntegerField(
        min_value=1, max_value=MAX_DEPTH, default=2, help_text="How many links away."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=100, help_text="How many entities are shown."
    )


class SubgraphParameters(ConnectedParameters):
    """`graph/subgraph/`."""

    depth = serializers.IntegerField(
        min_value=0, max_value=MAX_DEPTH, default=1, help_text="How many links away."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=200, help_text="How many entities are shown."
    )


class PathParameters(StartParameters):
    """`graph/path/`."""

    target_feature = serializers.ChoiceField(choices=FeatureType.choices)
    target_entity_id = serializers.UUIDField()
    target_node_id = serializers.CharField(
        required=False, max_length=255, help_text="A node: then the way ends with a link of it."
    )
    depth = serializers.IntegerField(
        min_value=1, max_value=MAX_DEPTH, default=6, help_text="How many links at most."
    )
    types = serializers.CharField(required=False, help_text=TYPES)
    direction = serializers.ChoiceField(
        choices=list(Direction), default=Direction.BOTH, help_text=DIRECTION
    )


class ImpactParameters(StartParameters):
    """`graph/impact/`."""

    operation = serializers.ChoiceField(
        choices=list(Operation), default=Operation.UPDATE, help_text="What is about to be done."
    )
    depth = serializers.IntegerField(
        min_value=1, max_value=MAX_DEPTH, default=3, help_text="How many links a change travels."
    )
    types = serializers.CharField(required=False, help_text=TYPES)
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MAX_LIMIT,
        default=100,
        help_text="How many affected entities, and how many links, are shown.",
    )


class CyclesParameters(Serializer):
    """`graph/cycles/`."""

    max_length = serializers.IntegerField(
        min_value=2, max_value=MAX_LENGTH, default=10, help_text="Longer cycles are left out."
    )
    critical_length = serializers.IntegerField(
        min_value=0,
        default=3,
        help_text="Cycles of at least so many links are critical.",
    )
    include_runtime = serializers.ChoiceField(
        choices=["true", "false"], default="false", help_text="Take the links of runs too."
    )


class MetricsParameters(Serializer):
    """`graph/metrics/` takes none."""


def asked(request: Request, parameters: type[Q]) -> dict[str, Any]:
    """Return the checked parameters of a request, by the names that the questions take.

    Raises `ParameterError` naming all unknown and wrong ones together.
    """
    query = parameters(data=request.query_params)
    query.is_valid()
    known = {"format", *query.fields}
    unknown = {name: UNKNOWN for name in request.query_params if name not in known}
    if query.errors or unknown:
        raise ParameterError({**query.errors, **unknown})
    values = dict(query.validated_data)
    if "types" in values:
        values["types"] = [name.strip() for name in values["types"].split(",") if name.strip()]
    if "include_runtime" in values:
        values["include_runtime"] = values["include_runtime"] == "true"
    return values


def take_address(values: dict[str, Any], prefix: str = "") -> Address:
    """Take the parts of an address out of `values` and return it."""
    feature = values.pop(f"{prefix}feature")
    entity_id = values.pop(f"{prefix}entity_id")
    return Address(feature, entity_id, values.pop(f"{prefix}node_id", None))
