"""Function models over REST."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from function_models.api.canvas import ACTS, CanvasActions
from function_models.api.context import CONTEXT_ACTS, CONTEXT_EXAMPLES, ContextActions
from function_models.api.examples import FUNCTION_MODELS
from function_models.api.exchange import EXCHANGE_EXAMPLES, ExchangeActions
from function_models.api.execution import EXECUTION_EXAMPLES, ModelExecutionActions
from function_models.api.filters import FunctionModelFilters
from function_models.api.life_cycle import DELETION, LifeCycleActions
from function_models.api.pictures import PictureActions
from function_models.api.serializers import models as shapes
from function_models.api.statistics import StatisticsActions
from function_models.api.validation import ValidationActions
from function_models.api.versions import ModelVersionActions
from function_models.models import FunctionModel
from function_models.querysets import DRAWN
from function_models.services.models import create_model, refuse_closed, update_model
from node_links.api.changing import names_to_change
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import require_no_change
from spindles.api.executions.executing import EXECUTION_ACTS

CANDIDATES = "deletion_candidates_older_than"
# Who asks for these does not want the drawing.
WITHOUT_CANVAS = frozenset({"list", "versions", "version", "history"})


@extend_schema_view(
    list=extend_schema(responses={200: shapes.FunctionModelListSerializer(many=True)}),
    retrieve=extend_schema(responses={200: shapes.FunctionModelSerializer}),
)
class FunctionModelViewSet(
    mixins.ListModelMixin,
    CanvasActions,
    ModelVersionActions,
    LifeCycleActions,
    ValidationActions,
    StatisticsActions,
    PictureActions,
    ContextActions,
    ExchangeActions,
    ModelExecutionActions,
):
    """Processes, drawn as containers with actions inside them."""

    model = FunctionModel
    refusals: ClassVar[dict[str, list[str]]] = {"recovery": ["409"]}
    examples = {**FUNCTION_MODELS, **CONTEXT_EXAMPLES, **EXCHANGE_EXAMPLES, **EXECUTION_EXAMPLES}
    queryset = FunctionModel.objects.none()
    serializer_class = shapes.FunctionModelSerializer
    filterset_class = FunctionModelFilters
    ordering_fields = ("name", "created_at", "updated_at", "last_saved_at")
    ordering = ("-updated_at", "-id")
    acts = {**NodeEntityViewSet.acts, **ACTS, **CONTEXT_ACTS, **EXECUTION_ACTS}
    creating = ("create", "duplicate", "import_")
    locks_on_write = True
    extra_query_parameters = (*NodeEntityViewSet.extra_query_parameters, *DELETION)

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the caller may see; who does not want the drawing does not load it."""
        rows = super().get_queryset()
        if self.request.method in SAFE_METHODS and self.action in WITHOUT_CANVAS:
            rows = rows.defer(*DRAWN)
        return rows

    def get_serializer_class(self) -> type[shapes.FunctionModelSerializer]:
        """Lists have no drawing; a new model may be made from a template."""
        if self.action == "list":
            return shapes.FunctionModelListSerializer
        return shapes.FunctionModelSerializer

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Check what the caller may do, also with what the body names."""
        super().check_object_permissions(request, obj)
        changing = self.action in ("update", "partial_update")
        if changing and isinstance(request.data, dict) and "permissions" in request.data:
            require_no_change(self.actor, obj, request.data["permissions"])

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List models, the last changed first; archived ones where they are asked for."""
        if CANDIDATES in request.query_params and not self.actor.is_administrator:
            raise PermissionDenied("Candidates for deletion are shown to administrators.")
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=shapes.FunctionModelCreateSerializer,
        responses={201: shapes.FunctionModelSerializer},
    )
    def create(self, request: Request) -> Response:
        """Create a draft, empty or with the drawing of a template."""
        context = self.get_serializer_context()
        serializer = shapes.FunctionModelCreateSerializer(data=request.data, context=context)
        model = create_model(actor=self.actor, **self.validated(serializer))
        return self.entity_response(model, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.FunctionModelSerializer, responses={200: shapes.FunctionModelSerializer}
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields sent: all of them, or none. What says how the work is done is open in
        a draft only."""
        return self._update(request, partial=True)

    @extend_schema(
        request=shapes.FunctionModelSerializer, responses={200: shapes.FunctionModelSerializer}
    )
    def update(self, request: Request, pk: UUID) -> Response:
        """Change a model, naming all required fields."""
        return self._update(request, partial=False)

    def _update(self, request: Request, *, partial: bool) -> Response:
        model = self.get_object()
        serializer = self.get_serializer(model, data=request.data, partial=partial)
        refuse_closed(model, names_to_change(serializer, request.data))
        changed = update_model(
            actor=self.actor,
            pk=model.pk,
            values=self.validated(serializer),
            expected_revision=self.expected_revision,
            locked=model,
        )
        return self.entity_response(changed)
