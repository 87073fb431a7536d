"""Spindles over REST."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from config.exceptions import ValidationFailed
from node_links.api.changing import names_to_change
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import require_no_change
from spindles.api.definitions import ACTS, DefinitionActions
from spindles.api.examples import SPINDLES
from spindles.api.executions.examples import EXECUTE
from spindles.api.executions.executing import EXECUTION_ACTS, ExecutionActions
from spindles.api.filters import SpindleFilters
from spindles.api.life_cycle import LIFE_CYCLE_ACTS, LifeCycleActions
from spindles.api.parts import PART_ACTS, PartActions
from spindles.api.pictures import PictureActions
from spindles.api.serializers import spindles as shapes
from spindles.api.triggers.views import TRIGGER_ACTS, TRIGGER_EXAMPLES, TriggerActions
from spindles.api.versions import SpindleVersionActions
from spindles.definitions.rewriting import rewrite
from spindles.models import Spindle
from spindles.querysets import DRAWN
from spindles.services.defining import definition_of
from spindles.services.problems import problems_of
from spindles.services.spindles import create_spindle, refuse_closed, update_spindle

# Who asks for these does not want the drawing.
WITHOUT_CANVAS = frozenset({"list", "versions", "version", "history", "executions"})


@extend_schema_view(
    list=extend_schema(responses={200: shapes.SpindleListSerializer(many=True)}),
    retrieve=extend_schema(responses={200: shapes.SpindleSerializer}),
)
class SpindleViewSet(
    mixins.ListModelMixin,
    DefinitionActions,
    PartActions,
    SpindleVersionActions,
    LifeCycleActions,
    TriggerActions,
    ExecutionActions,
    PictureActions,
):
    """Sequences of steps that run by themselves."""

    model = Spindle
    examples = {**SPINDLES, **TRIGGER_EXAMPLES, **EXECUTE}
    queryset = Spindle.objects.none()
    serializer_class = shapes.SpindleSerializer
    filterset_class = SpindleFilters
    ordering_fields = ("name", "slug", "created_at", "updated_at")
    ordering = ("-updated_at", "-id")
    acts = {
        **NodeEntityViewSet.acts,
        **ACTS,
        **PART_ACTS,
        **LIFE_CYCLE_ACTS,
        **TRIGGER_ACTS,
        **EXECUTION_ACTS,
    }
    scope_execute = ("execute",)
    locks_on_write = True
    extra_query_parameters = (*NodeEntityViewSet.extra_query_parameters, "reason")

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the caller may see; who does not want the drawing does not load it."""
        rows = super().get_queryset()
        if self.request.method in SAFE_METHODS and self.action in WITHOUT_CANVAS:
            rows = rows.defer(*DRAWN)
        return rows

    def get_serializer_class(self) -> type[shapes.SpindleSerializer]:
        """Lists have no drawing."""
        if self.action == "list":
            return shapes.SpindleListSerializer
        return shapes.SpindleSerializer

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Check what the caller may do, also with what the body names."""
        super().check_object_permissions(request, obj)
        changing = self.action in ("update", "partial_update")
        if changing and isinstance(request.data, dict) and "permissions" in request.data:
            require_no_change(self.actor, obj, request.data["permissions"])

    @extend_schema(
        request=shapes.SpindleCreateSerializer, responses={201: shapes.SpindleWrittenSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a draft, with what is drawn in it or its list of steps.

        409 `duplicate` where the slug is taken.
        """
        context = self.get_serializer_context()
        serializer = shapes.SpindleCreateSerializer(data=request.data, context=context)
        spindle = create_spindle(actor=self.actor, **self.validated(serializer))
        return self._written(spindle, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.SpindleSerializer, responses={200: shapes.SpindleWrittenSerializer}
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields sent: all of them, or none. What says what is done is open in a draft
        only."""
        return self._update(request, partial=True)

    @extend_schema(
        request=shapes.SpindleSerializer, responses={200: shapes.SpindleWrittenSerializer}
    )
    def update(self, request: Request, pk: UUID) -> Response:
        """Change a spindle, naming all required fields."""
        return self._update(request, partial=False)

    def _update(self, request: Request, *, partial: bool) -> Response:
        spindle = self.get_object()
        serializer = self.get_serializer(spindle, data=request.data, partial=partial)
        refuse_closed(spindle, _names_to_change(spindle, serializer, request.data))
        values = self.validated(serializer)
        changed = update_spindle(**self.said_of(spindle), values=values)
        return self._written(changed)

    def _written(self, spindle: Spindle, code: int = status.HTTP_200_OK) -> Response:
        response = self.entity_response(spindle, code)
        problems = [problem.as_dict() for problem in problems_of(spindle)]
        response.data = {**response.data, "problems": problems}
        return response


def _names_to_change(spindle: Spindle, serializer: Any, data: object) -> list[str]:
    if not isinstance(data, Mapping):
        return []
    plain = {name: data[name] for name in data if name not in ("slug", *shapes.VIEWS)}
    names = names_to_change(serializer, plain)
    views = {name: data[name] for name in shapes.VIEWS if name in data}
    return [*names, *views] if views and _redraws(spindle, views) else names


def _redraws(spindle: Spindle, views: dict[str, Any]) -> bool:
    """Return whether the drawing is to be another one; what cannot be read counts as that."""
    before = definition_of(spindle)
    try:
        return rewrite(before, views) != before
    except ValidationFailed:
        return True
