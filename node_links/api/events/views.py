"""History and publication of events."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import WritesNeed
from config.api.filters import StrictFilterBackend
from config.api.renderers import JSONRenderer
from config.api.views import GenericViewSet
from node_links.api.events import serializers as shapes
from node_links.api.events.examples import EVENTS
from node_links.api.events.filters import EventFilters, EventPagination
from node_links.events import cloudevents
from node_links.events.history import visible_events
from node_links.events.reading import event_of
from node_links.models import NodeEvent
from node_links.services.publishing import publish_event, publish_events

_JSON = JSONRenderer.media_type


class CloudEventsRenderer(JSONRenderer):
    """JSON under the media type of CloudEvents' JSON format."""

    media_type = cloudevents.MEDIA_TYPE
    format = "cloudevents"


@extend_schema_view(
    list=extend_schema(responses={200: shapes.EventSerializer(many=True)}),
)
class EventViewSet(CallerMixin, GenericViewSet):
    """What happened, in order, for good."""

    examples = EVENTS
    permission_classes = (WritesNeed,)
    serializer_class = shapes.EventSerializer
    queryset = NodeEvent.objects.none()
    filter_backends = (StrictFilterBackend,)
    filterset_class = EventFilters
    pagination_class = EventPagination

    def get_queryset(self) -> QuerySet[NodeEvent]:
        """Return the events whose aggregates the caller may see."""
        return visible_events(self.actor)

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer one event as a CloudEvent too."""
        own = [CloudEventsRenderer()] if self.action == "retrieve" else []
        return [*super().get_renderers(), *own]

    def list(self, request: Request) -> Response:
        """List events, newest first; those of one aggregate by sequence, oldest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(_shown([event_of(row) for row in page or ()]))

    @extend_schema(
        responses={
            (200, _JSON): shapes.EventSerializer,
            (200, cloudevents.MEDIA_TYPE): shapes.CloudEventSerializer,
        }
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        """Read one event; as a CloudEvent where the Accept header asks for that."""
        event = event_of(self.get_object())
        if isinstance(request.accepted_renderer, CloudEventsRenderer):
            return Response(cloudevents.to_cloudevent(event))
        return Response(shapes.EventSerializer(event).data)

    @extend_schema(
        request=shapes.PublicationSerializer,
        responses={201: shapes.EventSerializer, 200: shapes.EventSerializer},
    )
    def create(self, request: Request) -> Response:
        """Publish an event of a custom type. 200 with the first one where it was published before.

        409 `duplicate` where the `event_id` is that of another event.
        """
        values = _validated(shapes.PublicationSerializer(data=request.data))
        published = publish_event(actor=self.actor, publication=shapes.publication_of(values))
        code = status.HTTP_201_CREATED if published.is_new else status.HTTP_200_OK
        return Response(shapes.EventSerializer(published.event).data, status=code)

    @extend_schema(
        request=shapes.BatchSerializer,
        responses={201: shapes.PublishedBatchSerializer, 200: shapes.PublishedBatchSerializer},
    )
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=())
    def batch(self, request: Request) -> Response:
        """Publish 1 to 500 events in their order, all of them or none. 200 where none is new."""
        values = _validated(shapes.BatchSerializer(data=request.data))
        asked = [shapes.publication_of(one) for one in values["events"]]
        pointers = [f"/events/{index}" for index in range(len(asked))]
        published = publish_events(actor=self.actor, publications=asked, pointers=pointers)
        is_new = any(one.is_new for one in published)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response({"events": _shown([one.event for one in published])}, status=code)


def _shown(events: list[Any]) -> Any:
    return shapes.EventSerializer(events, many=True).data


def _validated(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
