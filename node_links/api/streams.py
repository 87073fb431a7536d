"""Server-sent events as web knows them: it describes the streams and sends clients on to live."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.callers import CallerMixin
from config.api.views import APIView
from node_links.realtime.addresses import (
    EVENT_PARAMETERS,
    LAST_EVENT_ID,
    event_channel,
    last_event_id,
    notification_channel,
)
from node_links.realtime.callers import TICKET, Caller, caller_of

MOVED = 307  # the method stays, and nobody remembers the target
EVENT = """id: 01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e0f
event: SopPublished
data: {"specversion":"1.0","id":"01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e0f","type":"SopPublished"}

"""
NOTIFICATION = """id: 01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e10
event: notification
data: {"id":"01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e10","title":"Published: Restart the pump"}

"""
FROM = [
    OpenApiParameter("Last-Event-ID", str, "header", description="Go on after this message."),
    OpenApiParameter(LAST_EVENT_ID, OpenApiTypes.UUID, description="The same as a parameter."),
]


def stream_answers(example: str) -> dict[int | tuple[int, str], OpenApiResponse]:
    """Return the answers of a stream for the description of the API, with a message of it."""
    shown = [OpenApiExample("message", example, media_type="text/event-stream")]
    return {
        (200, "text/event-stream"): OpenApiResponse(str, "The stream, from live.", examples=shown),
        MOVED: OpenApiResponse(description="Sent on to live, with a ticket valid for a minute."),
    }


class StreamView(CallerMixin, APIView):
    """Base of the two: checks what is asked for as far as it needs no row, and sends on to live."""

    def send_on(self, request: Request, caller: Caller) -> HttpResponse:
        """Return the redirect to the same address of the live process."""
        after = last_event_id(request._request)
        return send_on(request, caller, after=None if after is None else str(after))


class EventStreamView(StreamView):
    """Events as they happen."""

    extra_query_parameters = (*EVENT_PARAMETERS, LAST_EVENT_ID)
    scope_resource = "events"

    @extend_schema(
        parameters=[
            OpenApiParameter("feature_type", str, description="With `entity_id`: one entity."),
            OpenApiParameter("entity_id", OpenApiTypes.UUID, description="With `feature_type`."),
            OpenApiParameter("execution_id", OpenApiTypes.UUID, description="One execution."),
            *FROM,
        ],
        responses=stream_answers(EVENT),
        operation_id="events_stream",
        tags=["events"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Stream the events of an entity, an execution or, for administrators, all of them.

        Each message has the event's id, its type, and a CloudEvent as data. `gap` says that the
        stream cannot go on from the id sent, `closed` that the right to hear of it has ended.
        """
        caller = caller_of(self.actor)
        event_channel(caller, request.GET)
        return self.send_on(request, caller)


class NotificationStreamView(StreamView):
    """Notices to the caller as they come."""

    extra_query_parameters = (LAST_EVENT_ID,)
    scope_resource = "notifications"

    @extend_schema(
        parameters=FROM,
        responses=stream_answers(NOTIFICATION),
        operation_id="notifications_stream",
        tags=["notifications"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Stream the caller's own notifications."""
        caller = caller_of(self.actor)
        notification_channel(caller, request.GET)
        return self.send_on(request, caller)


def send_on(request: Request, caller: Caller, *, after: str | None) -> HttpResponse:
    """Return the redirect to the same address of the live process.

    `after` is the Last-Event-ID that the stream goes on from: a client that is redirected need not
    send this header again.
    """
    query = [(name, value) for name, value in request.GET.items() if name != TICKET]
    if after is not None:
        query = [(n, v) for n, v in query if n != LAST_EVENT_ID] + [(LAST_EVENT_ID, after)]
    response = HttpResponse(status=MOVED, headers={"Cache-Control": "no-store"})
    address = f"{live_address(request)}{request.path}?"
    response["Location"] = address + urlencode([*query, (TICKET, caller.ticket)])
    return response


def live_address(request: Request) -> str:
    """Return scheme, host and port of the live process as the sender of `request` reaches it."""
    if settings.LIVE_URL:
        return str(settings.LIVE_URL).rstrip("/")
    host = urlsplit(f"//{request.get_host()}").hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}"
