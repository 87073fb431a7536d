"""Putting spindles to rest and to work, archiving, deleting and restoring them over REST."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.concurrency import expected_revision
from config.api.errors import ParameterError
from config.exceptions import NotFound
from node_links.permissions import Act
from node_links.services.entities import refuse_archived
from spindles.api.base import SpindleActions
from spindles.api.serializers import life_cycle as shapes
from spindles.api.serializers.spindles import SpindleSerializer
from spindles.choices import SpindleStatus
from spindles.definitions import limits
from spindles.services import life_cycle
from spindles.services.states import MAY_DEPRECATE, require_live, require_status

LIFE_CYCLE_ACTS = {name: Act.PUBLISH for name in ("activate", "deactivate", "deprecate")}
LIVING = tuple(state for state in SpindleStatus if state != SpindleStatus.ARCHIVED)


class LifeCycleActions(SpindleActions):
    """Activate, deactivate, deprecate, archive, delete, restore."""

    @extend_schema(request=None, responses={200: SpindleSerializer})
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: UUID) -> Response:
        """Put the live version to work again. 409 unless it is inactive or in error."""
        spindle = self.get_object()
        return self.entity_response(life_cycle.activate_spindle(**self.said_of(spindle)))

    @extend_schema(request=None, responses={200: SpindleSerializer})
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: UUID) -> Response:
        """Let the live version rest: its triggers are silent, new runs are refused."""
        spindle = self.get_object()
        return self.entity_response(life_cycle.deactivate_spindle(**self.said_of(spindle)))

    @extend_schema(request=shapes.DeprecateSerializer, responses={200: SpindleSerializer})
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: UUID) -> Response:
        """Say that the live version is not to be used any more; it never comes back."""
        spindle = self.get_object()
        require_live(spindle, *MAY_DEPRECATE)
        data = self.validated(shapes.DeprecateSerializer(data=request.data))
        done = life_cycle.deprecate_spindle(**self.said_of(spindle), **data)
        return self.entity_response(done)

    @extend_schema(request=shapes.ReasonSerializer, responses={200: SpindleSerializer})
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """Archive the spindle for good; its content stays readable, running executions finish."""
        spindle = self.get_object()
        require_status(spindle, *LIVING)
        data = self.validated(shapes.ReasonSerializer(data=request.data))
        done = life_cycle.archive_spindle(**self.said_of(spindle), **data)
        return self.entity_response(done)

    @extend_schema(parameters=[OpenApiParameter("reason", str)], responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Hide the spindle; it can be restored for a while. 409 for what is archived."""
        spindle = self.get_object()
        refuse_archived(spindle)
        reason = request.query_params.get("reason", "")
        if len(reason) > limits.MAX_REASON:
            message = f"At most {limits.MAX_REASON} characters are allowed."
            raise ParameterError.of("reason", "max_length", message)
        life_cycle.delete_spindle(**self.said_of(spindle), reason=reason)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: SpindleSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Undo a deletion inside the recovery window; for administrators."""
        try:
            known = UUID(str(pk))
        except ValueError as error:
            raise NotFound from error
        restored = life_cycle.restore_spindle(
            actor=self.actor, pk=known, expected_revision=expected_revision(request)
        )
        return self.entity_response(restored)
