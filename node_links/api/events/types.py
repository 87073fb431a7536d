"""The catalogue of event types."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsWrite
from config.api.views import GenericViewSet
from node_links.api.events import serializers as shapes
from node_links.api.events.examples import EVENT_TYPES
from node_links.events.types import EventType, event_types
from node_links.models import CustomEventType
from node_links.services.event_types import register_event_type


class EventTypeViewSet(CallerMixin, GenericViewSet):
    """Types of events, each version with the JSON Schema of its data."""

    examples = EVENT_TYPES
    permission_classes = (AdministratorsWrite,)
    scope_resource = "events"
    serializer_class = shapes.EventTypeSerializer
    queryset = CustomEventType.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[CustomEventType]:
        """Return the organisation's own types."""
        return CustomEventType.objects.filter(organization_id=self.actor.tenant_id)

    @extend_schema(responses={200: shapes.EventTypeSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """List the platform's types and the organisation's own, by name and version."""
        custom = list(self.get_queryset())
        newest = {row.name: row.version for row in custom}
        rows = [row for known in event_types.all() for row in _built_in(known)]
        rows += [_custom(row, newest[row.name]) for row in custom]
        page = self.paginate_queryset(sorted(rows, key=lambda row: (row["name"], row["version"])))
        return self.get_paginated_response(shapes.EventTypeSerializer(page, many=True).data)

    @extend_schema(
        request=shapes.NewEventTypeSerializer,
        responses={201: shapes.EventTypeSerializer, 200: shapes.EventTypeSerializer},
    )
    def create(self, request: Request) -> Response:
        """Register a type, or the next version of one; for administrators.

        200 where the newest version has this schema already; 409 `duplicate` for the name of one
        of the platform's types.
        """
        serializer = shapes.NewEventTypeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, made = register_event_type(actor=self.actor, **serializer.validated_data)
        code = status.HTTP_201_CREATED if made else status.HTTP_200_OK
        return Response(shapes.EventTypeSerializer(_custom(row, row.version)).data, status=code)


def _built_in(known: EventType) -> list[dict[str, Any]]:
    return [
        {
            "name": known.name,
            "version": version,
            "is_newest": version == known.version,
            "custom": False,
            "schema": schema,
            "created_by": None,
            "created_at": None,
        }
        for version, schema in known.schemas().items()
    ]


def _custom(row: CustomEventType, newest: int) -> dict[str, Any]:
    return {
        "name": row.name,
        "version": row.version,
        "is_newest": row.version == newest,
        "custom": True,
        "schema": row.schema,
        "created_by": row.created_by_id,
        "created_at": row.created_at,
    }
