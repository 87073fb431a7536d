"""Links whose targets have moved on."""

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django_filters.rest_framework.filters import ChoiceFilter, UUIDFilter
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from accounts.api.callers import CallerMixin
from config.api.filters import FilterSet
from config.api.serializers import Serializer
from config.api.views import GenericViewSet
from node_links.choices import BreakReason, Bump, DriftStatus, FeatureType, LinkOrigin
from node_links.models import LinkDrift, NodeLinkType

_END = {
    "feature": "function-model",
    "entity_id": "01a1fd92-3e50-74d9-adf5-82ee89b99d64",
    "node_id": "check-stock",
    "node_type": "kbNode",
    "name": "Check the stock",
}
_DRIFT = {
    "id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4",
    "source": _END,
    "target": {
        "feature": "knowledge-base",
        "entity_id": "01a1fd92-3f1a-7c55-8a52-0d6a2f9be7aa",
        "node_id": None,
        "node_type": "sop",
        "name": "Counting the stock",
    },
    "link_type": "documents",
    "link_strength": 0.5,
    "origin": "manual",
    "version_pin": "1.0.0",
    "color": "#F59E0B",
    "status": "drifted",
    "reason": None,
    "from_version": "1.0.0",
    "to_version": "2.1.0",
    "bump": "major",
    "versions_behind": 2,
    "since": "2026-11-21T09:00:00Z",
}


class EndSerializer(Serializer):
    """One end of a link."""

    feature = serializers.ChoiceField(source="feature_type", choices=FeatureType.choices)
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(allow_null=True)
    node_type = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class DriftSerializer(Serializer):
    """A link and what has become of its target.

    A `drifted` one is pinned to `from_version` while `to_version` is live: `versions_behind`
    published versions later, `bump` being the greatest part of the number that differs. A `broken`
    one has a `reason`.
    """

    id = serializers.UUIDField(source="link_id")
    source = EndSerializer(source="link.source")  # type: ignore[assignment]  # a field of this name
    target = EndSerializer(source="link.target")
    link_type = serializers.CharField(source="link.link_type")
    link_strength = serializers.FloatField(source="link.link_strength", min_value=0, max_value=1)
    origin = serializers.ChoiceField(source="link.origin", choices=LinkOrigin.choices)
    version_pin = serializers.CharField(source="link.version_pin")
    color = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=DriftStatus.choices)
    reason = serializers.ChoiceField(choices=BreakReason.choices, allow_null=True)
    from_version = serializers.CharField()
    to_version = serializers.CharField(allow_null=True)
    bump = serializers.ChoiceField(choices=Bump.choices, allow_null=True)
    versions_behind = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()


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
        self, rows: QuerySet[LinkDrift], name: str, value: str
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
    examples = {"list": [OpenApiExample("one that has drifted", _DRIFT, response_only=True)]}

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
            color=Coalesce(
                KT("link__visual_properties__color"), Subquery(types.values("color")[:1])
            )
        )
