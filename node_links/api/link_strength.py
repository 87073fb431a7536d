"""How strong a link is, and how it came to be: calculate, and read the calculations."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters.rest_framework.filters import IsoDateTimeFilter
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.filters import FilterSet
from config.api.pagination import CursorPagination
from config.api.serializers import Serializer
from config.api.views import GenericViewSet
from config.exceptions import FieldError, NotFound, ValidationFailed
from node_links.choices import MetricsSource
from node_links.links.strength import METRICS, Metrics
from node_links.models import LinkStrengthCalculation, NodeLink
from node_links.services.links.strength import calculate_strength

_CALCULATION = {
    "base_strength": 0.5,
    "frequency_bonus": 0.1,
    "semantic_bonus": 0.15,
    "context_bonus": 0.05,
    "final_strength": 0.8,
    "id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4",
    "link_id": "01a1fd92-3f1a-7c55-8a52-0d6a2f9be7aa",
    "metrics_source": "supplied",
    "interaction_frequency": 50.0,
    "semantic_similarity": 0.5,
    "context_relevance": 0.25,
    "calculated_by": "01a1fd92-3e50-74d9-adf5-82ee89b99d64",
    "created_at": "2026-11-21T09:00:00Z",
}


class LinkMetricsSerializer(Serializer):
    """The three metrics, all of them; or `gather`, and they are found out here.

    `interaction_frequency` counts interactions, 100 and more count as 100. The other two go from 0
    to 1. Negative ones count as 0.
    """

    interaction_frequency = serializers.FloatField(required=False)
    semantic_similarity = serializers.FloatField(required=False)
    context_relevance = serializers.FloatField(required=False)
    gather = serializers.BooleanField(required=False, default=False)


class StrengthSerializer(Serializer):
    """One calculation. `final_strength` is the link's strength from then on."""

    base_strength = serializers.FloatField(min_value=0, max_value=1)
    frequency_bonus = serializers.FloatField(min_value=0, max_value=0.2)
    semantic_bonus = serializers.FloatField(min_value=0, max_value=0.3)
    context_bonus = serializers.FloatField(min_value=0, max_value=0.2)
    final_strength = serializers.FloatField(min_value=0, max_value=1)
    id = serializers.UUIDField()
    link_id = serializers.UUIDField()
    metrics_source = serializers.ChoiceField(source="source", choices=MetricsSource.choices)
    interaction_frequency = serializers.FloatField()
    semantic_similarity = serializers.FloatField()
    context_relevance = serializers.FloatField()
    calculated_by = serializers.UUIDField(source="calculated_by_id", allow_null=True)
    created_at = serializers.DateTimeField()


class StrengthFilters(FilterSet):
    """`?since=` and `?until=`: a period of time."""

    since = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="At or after.")
    until = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = LinkStrengthCalculation
        fields = ()


@extend_schema_view(list=extend_schema(operation_id="links_strength_list", tags=["links"]))
class LinkStrengthViewSet(CallerMixin, mixins.ListModelMixin, GenericViewSet):
    """The calculations of one link's strength."""

    serializer_class = StrengthSerializer
    permission_classes = (IsMember,)
    pagination_class = CursorPagination
    filterset_class = StrengthFilters
    queryset = LinkStrengthCalculation.objects.none()
    scope_resource = "links"
    examples = {
        "create": [
            OpenApiExample(
                "metrics",
                {"interaction_frequency": 50, "semantic_similarity": 0.5,
                 "context_relevance": 0.25},
                request_only=True,
            ),
            OpenApiExample("let them be gathered", {"gather": True}, request_only=True),
            OpenApiExample("calculated", _CALCULATION, response_only=True, status_codes=["200"]),
        ],
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[Any]:
        """Return the calculations, the newest first. Raises `NotFound` for an unknown link."""
        links = NodeLink.objects.visible_to(self.actor)
        if not links.filter(pk=self.kwargs["link_id"]).exists():
            raise NotFound
        return LinkStrengthCalculation.objects.filter(
            organization_id=self.actor.tenant_id, link_id=self.kwargs["link_id"]
        )

    @extend_schema(
        request=LinkMetricsSerializer,
        responses={200: StrengthSerializer},
        operation_id="links_strength_create",
        tags=["links"],
    )
    def create(self, request: Request, link_id: UUID) -> Response:
        """Calculate the strength, store it, and keep the calculation.

        The base stays as it is, so that the same metrics twice give the same strength.
        """
        serializer = LinkMetricsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        metrics = _metrics(dict(serializer.validated_data))
        calculation = calculate_strength(actor=self.actor, link_id=link_id, metrics=metrics)
        return Response(self.get_serializer(calculation).data)


def _metrics(values: dict[str, Any]) -> Metrics | None:
    """Return what was sent, None where it is to be gathered. Raises `ValidationFailed`."""
    if values.pop("gather"):
        errors = [
            FieldError(f"/{name}", "invalid", "Send metrics, or let them be gathered.")
            for name in values
        ]
        if errors:
            raise ValidationFailed(errors=errors)
        return None
    missing = [
        FieldError(f"/{name}", "required", "This field is required.")
        for name in METRICS
        if name not in values
    ]
    if missing:
        raise ValidationFailed(errors=missing)
    return Metrics.of(**values)
