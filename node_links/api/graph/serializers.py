"""The shapes of answers about the graph.

`source` is the name of an attribute of serializers as well; declared fields are taken out of the
class, so that neither hides the other.
"""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.api.shapes import JoiningLinkSerializer, PointSerializer
from node_links.graph.cycles import Cycle
from node_links.graph.impact import Impact
from node_links.graph.integrity import Effect
from node_links.graph.severity import Severity
from node_links.graph.usage import Usage

TRUNCATED = "Something was left out because of a limit."


class DistantNodeSerializer(PointSerializer):
    """A node, and how many links away it is."""

    distance = serializers.IntegerField()


class NeighbourSerializer(Serializer):
    """A link and the entity at its other end."""

    direction = serializers.ChoiceField(choices=["out", "in"])
    node = PointSerializer()
    link = JoiningLinkSerializer()


class NeighboursSerializer(Serializer):
    """The links of a node, the oldest first."""

    node = PointSerializer()
    neighbours = NeighbourSerializer(many=True)
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class CountsByFeature(serializers.DictField):
    """{feature: number}."""

    child = serializers.IntegerField()


class ConnectedSerializer(Serializer):
    """Entities near a node, the nearest first."""

    node = PointSerializer()
    nodes = DistantNodeSerializer(many=True)
    total = serializers.IntegerField(help_text="How many were reached, shown or not.")
    by_feature = CountsByFeature(help_text="The same by feature.")
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class SubgraphSerializer(Serializer):
    """Entities, the nearest first, and every link that joins two of them."""

    nodes = DistantNodeSerializer(many=True)
    links = JoiningLinkSerializer(many=True)
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class PathSerializer(Serializer):
    """A shortest way. `length` is null, and the lists are empty, where there is none."""

    source = PointSerializer()  # type: ignore[assignment]  # see above
    target = PointSerializer()
    nodes = DistantNodeSerializer(many=True)
    links = JoiningLinkSerializer(many=True)
    length = serializers.IntegerField(allow_null=True)
    truncated = serializers.BooleanField(help_text="The search was given up; there may be a way.")


class HopSerializer(PointSerializer):
    """A node on the way of a change, and the link by which it came there."""

    link_id = serializers.UUIDField()
    link_type = serializers.CharField()
    link_strength = serializers.FloatField()


class AffectedSerializer(DistantNodeSerializer):
    """A node that the change reaches."""

    path = HopSerializer(many=True, help_text="The way there; its last node is this one.")
    score = serializers.FloatField(help_text="What is left of the change, 0..1.")
    severity = serializers.ChoiceField(choices=list(Severity))


class AffectedLinkSerializer(Serializer):
    """A link of the node, and what becomes of it."""

    link_id = serializers.UUIDField()
    effect = serializers.ChoiceField(choices=list(Effect))
    link = JoiningLinkSerializer()


class OwnerSerializer(Serializer):
    """A person who owns something that is touched."""

    user_id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    entities = serializers.IntegerField(help_text="How many of the touched entities are theirs.")


class UsedSerializer(Serializer):
    """How many there are, and the latest ten."""

    count = serializers.IntegerField()
    latest = serializers.ListField(child=serializers.DictField())


class ImpactSerializer(Serializer):
    """What an operation on a node touches."""

    node = PointSerializer()
    operation = serializers.CharField()
    affected_links = AffectedLinkSerializer(many=True)
    broken = serializers.IntegerField()
    weakened = serializers.IntegerField()
    integrity_score = serializers.FloatField()
    affected = AffectedSerializer(many=True)
    total = serializers.IntegerField(help_text="How many are affected, shown or not.")
    by_feature = CountsByFeature(help_text="The same by feature.")
    owners = OwnerSerializer(many=True)
    agents = serializers.ListField(child=serializers.DictField())
    running_executions = serializers.ListField(child=serializers.DictField())
    executions = UsedSerializer()
    answers = UsedSerializer()
    recommendations = serializers.ListField(child=serializers.CharField())
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class CycleSerializer(Serializer):
    """One elementary cycle."""

    nodes = serializers.ListField(child=serializers.CharField(), help_text="`feature:entity_id`")
    entities = PointSerializer(many=True, help_text="The same entities, by name.")
    length = serializers.IntegerField()
    link_types = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    contains_triggers = serializers.BooleanField()
    critical = serializers.BooleanField()


class CyclesSerializer(Serializer):
    """Cycles by length, then by their nodes."""

    cycles = CycleSerializer(many=True)
    total_cycles = serializers.IntegerField()
    longest = serializers.IntegerField()
    average_length = serializers.FloatField()
    warnings = serializers.ListField(child=serializers.CharField())
    truncated = serializers.BooleanField(help_text="There are more, or the time was up.")


class EndmostLinkSerializer(Serializer):
    """The strongest or the weakest link."""

    link_id = serializers.UUIDField(source="id")
    link_strength = serializers.FloatField()
    link_type = serializers.CharField()
    source = PointSerializer()  # type: ignore[assignment]  # see above
    target = PointSerializer()


class GraphMetricsSerializer(Serializer):
    """The graph of the organisation in numbers."""

    total_links = serializers.IntegerField()
    entities = serializers.IntegerField(help_text="Entities with a link.")
    orphans = serializers.IntegerField(help_text="Entities without one.")
    average_strength = serializers.FloatField()
    strongest = EndmostLinkSerializer(allow_null=True)
    weakest = EndmostLinkSerializer(allow_null=True)
    connectivity = CountsByFeature(help_text="Links that touch each feature.")
    density = serializers.FloatField(help_text="Linked ordered pairs of entities / all of them.")
    by_type = serializers.DictField(child=serializers.IntegerField())
    by_origin = serializers.DictField(child=serializers.IntegerField())


def impact_answer(found: Impact) -> dict[str, Any]:
    """Return what `ImpactSerializer` shows."""
    integrity, usage = found.integrity, found.usage
    return {
        "node": found.node,
        "operation": integrity.operation,
        "affected_links": [
            {"link_id": link.id, "effect": effect, "link": link}
            for link, effect in integrity.affected_links
        ],
        "broken": integrity.broken,
        "weakened": integrity.weakened,
        "integrity_score": integrity.score,
        "affected": [
            {
                **_node(one.node),
                "distance": one.distance,
                "path": [
                    {
                        **_node(hop.node),
                        "link_id": hop.link_id,
                        "link_type": hop.link_type,
                        "link_strength": hop.link_strength,
                    }
                    for hop in one.hops
                ],
                "score": one.score,
                "severity": one.severity,
            }
            for one in found.affected
        ],
        "total": found.total,
        "by_feature": found.by_feature,
        "owners": found.owners,
        "agents": usage[Usage.AGENTS].latest,
        "running_executions": usage[Usage.RUNNING_EXECUTIONS].latest,
        "executions": usage[Usage.EXECUTIONS],
        "answers": usage[Usage.ANSWERS],
        "recommendations": found.recommendations,
        "truncated": found.truncated,
    }


def cycle_answer(cycle: Cycle) -> dict[str, Any]:
    """Return what `CycleSerializer` shows."""
    return {
        "nodes": [f"{node.feature}:{node.entity_id}" for node in cycle.nodes],
        "entities": cycle.nodes,
        "length": cycle.length,
        "link_types": cycle.link_types,
        "contains_triggers": cycle.contains_triggers,
        "critical": cycle.critical,
    }


def _node(node: Any) -> dict[str, Any]:
    names = ("feature", "entity_id", "node_id", "node_type", "name")
    return {name: getattr(node, name) for name in names}
