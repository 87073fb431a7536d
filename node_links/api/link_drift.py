"""Links whose targets have moved on."""

from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django_filters.rest_framework.filters import ChoiceFilter, UUIDFilter
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers

from accounts.api.callers import CallerMixin
from config.api.filters import FilterSet
from config.api.serializers import Serializer
from config.api.views import GenericViewSet
from node_links.api.shapes import PointSerializer
from node_links.choices import BreakReason, Bump, DriftStatus, FeatureType, LinkOrigin
from node_links.models import LinkDrift, NodeLinkType, NodeMetadata


class DriftSerializer(Serializer):
    """A link and what has become of its target.

    A `drifted` one is pinned to `from_version` while `to_version` is live: `versions_behind`
    published versions later, `bump` being the greatest part of the number that differs. A `broken`
    one has a `reason`.
    """

    id = serializers.UUIDField(source="link_id")
    # The framework takes declared fields out of the class, whose attribute of this name stays.
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    target = serializers.SerializerMethodField()
    link_type = serializers.CharField(source="link.link_type")
    link_strength = serializers.FloatField(source="link.link_strength", min_value=0, max_value=1)
    origin = serializers.ChoiceField(source="link.origin", choices=LinkOrigin.choices)
    version_pin = serializers.CharField(source="link.version_pin")
    color = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=DriftStatus.choices)
    reason = serializers.ChoiceField(choices=BreakReason.choices, allow_null=True)
    from_version = serializers.CharField()
    to_version = serializers.CharField(allow_null=True)
    bump = serializers.ChoiceField(choices=Bump.choices, allow_null=True)
    versions_behind = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()

    @extend_schema_field(PointSerializer)
    def get_source(self, drift: LinkDrift) -> dict[str, Any]:
        """Return what is shown of the node that the link leads from."""
        return _end(drift.link.source)

    @extend_schema_field(PointSerializer)
    def get_target(self, drift: LinkDrift) -> dict[str, Any]:
        """Return what is shown of the node that the link leads to."""
        return _end(drift.link.target)

    def get_color(self, drift: Any) -> str | None:
        """Return the link's own colour, else that of its type."""
        own = drift.link.visual_properties.get("color")
        color: str | None = own if isinstance(own, str) else drift.type_color
        return color


def _end(node: NodeMetadata) -> dict[str, Any]:
    return {
        "feature": node.feature_type,
        "entity_id": str(node.entity_id),
        "node_id": node.node_id,
        "node_type": node.node_type,
        "name": node.name,
    }


class DriftFilters(FilterSet):
    """`?status=`, and `?feature=`, `?entity_id=` of either end."""

    status = ChoiceFilter(choices=DriftStatus.choices)
    feature = ChoiceFilter(choices=FeatureType.choices, method="filter_feature")
    entity_id = UUIDFilter(method="filter_entity")

    class Meta:
        model = LinkDrift
        fields = ()

    def filter_feature(
        self, rows: QuerySet[LinkDrift], name: str, value: str
    ) -> QuerySet[LinkDrift]:
        """Keep links with an end in this feature."""
        return rows.filter(Q(link__source_feature=value) | Q(link__target_feature=value))

    def filter_entity(
        self, rows: QuerySet[LinkDrift], name: str, value: UUID
    ) -> QuerySet[LinkDrift]:
        """Keep links with an end at this entity, or at a node inside it."""
        return rows.filter(Q(link__source_entity_id=value) | Q(link__target_entity_id=value))


@extend_schema_view(
    list=extend_schema(operation_id="graph_drift_list", tags=["graph"], filters=True)
)
class LinkDriftViewSet(CallerMixin, mixins.ListModelMixin, GenericViewSet):
    """Links that are pinned to a version that is no longer the live one, or that lead nowhere.

    The newest finding first. What runs have recorded is left out, as are links of deleted sources.
    """

    serializer_class = DriftSerializer
    filterset_class = DriftFilters
    queryset = LinkDrift.objects.none()
    scope_resource = "graph"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the findings of the caller's organisation, with both ends and the colour."""
        types = NodeLinkType.objects.filter(
            Q(organization_id=self.actor.tenant_id) | Q(organization_id=None),
            type_name=OuterRef("link__link_type"),
        ).order_by(F("organization_id").asc(nulls_last=True))
        rows = LinkDrift.objects.filter(
            organization_id=self.actor.tenant_id, link__source__deleted_at=None
        )
        return rows.select_related("link__source", "link__target").annotate(
            type_color=Subquery(types.values("color")[:1])
        )
