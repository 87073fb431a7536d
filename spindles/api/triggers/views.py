"""The triggers of a spindle over REST: look at them, set a schedule, change a secret."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.pagination import CursorPagination
from config.exceptions import NotFound
from node_links.permissions import Act
from spindles.api.base import SpindleActions
from spindles.api.triggers import serializers as shapes
from spindles.api.triggers.telling import next_of_all, trigger_told, triggers_told
from spindles.choices import TriggerKind
from spindles.models import Spindle, TriggerFiring
from spindles.services.triggers.schedule import clear_schedule, set_schedule
from spindles.services.triggers.secrets import rotate_hook_secret

TRIGGER_ACTS = {
    "put_schedule": Act.PUBLISH,
    "delete_schedule": Act.PUBLISH,
    "rotate_hook_secret": Act.PUBLISH,
}
TRIGGER_EXAMPLES = {
    "put_schedule": [
        OpenApiExample(
            "on working days at six in Berlin",
            {
                "cron": "0 6 * * MON-FRI",
                "timezone": "Europe/Berlin",
                "catch_up": "latest",
                "overlap": "skip",
                "inputs": {"app": "shop"},
            },
            request_only=True,
        )
    ]
}
TRIGGER_ID = OpenApiParameter("trigger_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class FiringPagination(CursorPagination):
    """What fired, the latest first."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return what makes the order total."""
        return "-created_at", "-id"


class TriggerActions(SpindleActions):
    """What starts the live version by itself."""

    @extend_schema(responses={200: shapes.TriggersSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def triggers(self, request: Request, pk: UUID) -> Response:
        """List the registered triggers with next times, hook addresses and last firings."""
        spindle = self.get_object()
        told = {**_head(spindle), "triggers": triggers_told(spindle, request._request)}
        return Response(shapes.TriggersSerializer(told).data)

    @extend_schema(responses={200: shapes.FiringSerializer(many=True)})
    @action(detail=True, methods=["get"], pagination_class=FiringPagination, filter_backends=())
    def firings(self, request: Request, pk: UUID) -> Response:
        """List what fired and what came of it, the latest first."""
        spindle = self.get_object()
        rows = TriggerFiring.objects.filter(
            organization_id=spindle.organization_id, spindle_id=spindle.pk
        )
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.FiringSerializer(page, many=True).data)

    @extend_schema(responses={200: shapes.SchedulesSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def schedule(self, request: Request, pk: UUID) -> Response:
        """Return the schedules of the live version with their next times."""
        return self._schedules(self.get_object())

    @extend_schema(request=shapes.ScheduleSerializer, responses={200: shapes.SchedulesSerializer})
    @schedule.mapping.put
    def put_schedule(self, request: Request, pk: UUID) -> Response:
        """Make this the one schedule of the live version, until another version is published.

        409 `not_published` where no version is live, `invalid_transition` where it is at rest.
        """
        spindle = self.get_object()
        data = self.validated(shapes.ScheduleSerializer(data=request.data))
        set_schedule(**self.said_of(spindle), schedule=data)
        return self._schedules(spindle)

    @extend_schema(responses={204: None})
    @schedule.mapping.delete
    def delete_schedule(self, request: Request, pk: UUID) -> Response:
        """Let no schedule start the live version. The next version brings its own."""
        spindle = self.get_object()
        clear_schedule(**self.said_of(spindle))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=shapes.HookSecretSerializer,
        parameters=[TRIGGER_ID],
        responses={200: shapes.RevealedHookSerializer},
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"triggers/(?P<trigger_id>[0-9A-Za-z-]+)/rotate-secret",
        replays=False,  # a kept answer would hold the secret
    )
    def rotate_hook_secret(self, request: Request, pk: UUID, trigger_id: str) -> Response:
        """Give a webhook a new secret and show it, once; the old one is good for a while too."""
        spindle = self.get_object()
        try:
            known = UUID(trigger_id)
        except ValueError as error:
            raise NotFound from error
        data = self.validated(shapes.HookSecretSerializer(data=request.data))
        row, secret = rotate_hook_secret(**self.said_of(spindle), trigger_id=known, **data)
        told = {**trigger_told(row, request._request), "secret": secret}
        return Response(shapes.RevealedHookSerializer(told).data)

    def _schedules(self, spindle: Spindle) -> Response:
        kinds = [TriggerKind.SCHEDULE.value]
        rows = triggers_told(spindle, self.request._request, kinds=kinds)
        told = {**_head(spindle), "next_at": next_of_all(rows), "schedules": rows}
        return Response(shapes.SchedulesSerializer(told).data)


def _head(spindle: Spindle) -> dict[str, Any]:
    return {"version": spindle.published_version, "live_status": spindle.live_status}
