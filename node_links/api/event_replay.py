"""Sending past events out again, and how far that is."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsOnly
from config.api.serializers import ModelSerializer, Serializer
from config.api.views import APIView
from config.exceptions import NotFound
from node_links.events.replaying import ReplayRequest, count_matching
from node_links.models import EventReplay
from node_links.services.replays import start_replay


class ReplayRequestSerializer(Serializer):
    """Which events go out again: those from `from` up to and without `to`, by default until now.

    `types` are names or beginnings of names (`Sop*`). A subscriber that is not replayable, such as
    e-mail, hears of them only where it is named.
    """

    to = serializers.DateTimeField(required=False, allow_null=True, source="until")
    types = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=100
    )
    subscriber = serializers.CharField(max_length=100, required=False, allow_null=True)
    feature_type = serializers.CharField(max_length=50, required=False, allow_null=True)
    entity_id = serializers.UUIDField(required=False, allow_null=True)
    dry_run = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, Any]:
        """Put `from` first, which Python takes for its own word."""
        return {"from": serializers.DateTimeField(source="since"), **super().get_fields()}


class AcceptedReplaySerializer(Serializer):
    """How many events somebody will hear of again. `replay_id` is null where it was a dry run."""

    replay_id = serializers.UUIDField(allow_null=True)
    matched = serializers.IntegerField(min_value=0)


class EventReplaySerializer(ModelSerializer[EventReplay]):
    """A replay: `error` is null unless it has failed."""

    replay_id = serializers.UUIDField(source="id", read_only=True)
    error = serializers.SerializerMethodField()

    class Meta:
        model = EventReplay
        fields = ("replay_id", "status", "total", "done", "started_at", "finished_at", "error")
        read_only_fields = fields

    def get_error(self, replay: EventReplay) -> str | None:
        """Return what ended it."""
        return replay.error or None


class EventReplayView(CallerMixin, APIView):
    """Deliver past events again, in their original order, marked as replayed."""

    permission_classes = (AdministratorsOnly,)
    scope_resource = "events"
    model = EventReplay
    sensitive: ClassVar[dict[str, str]] = {"post": "replay_events"}
    examples = {
        "post": [
            OpenApiExample(
                "all of an SOP's events of a day",
                {
                    "from": "2026-11-20T00:00:00Z",
                    "to": "2026-11-21T00:00:00Z",
                    "types": ["Sop*"],
                    "subscriber": "search-index",
                },
                request_only=True,
            ),
            OpenApiExample(
                "accepted",
                {"replay_id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4", "matched": 128},
                response_only=True,
                status_codes=["202"],
            ),
        ]
    }

    @extend_schema(
        request=ReplayRequestSerializer,
        responses={202: AcceptedReplaySerializer},
        operation_id="events_replay_create",
        tags=["events"],
    )
    def post(self, request: Request) -> Response:
        """Begin a replay. 400 `does_not_exist` for an unknown subscriber."""
        serializer = ReplayRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        dry = values.pop("dry_run")
        values["until"] = values.get("until") or timezone.now()
        wanted = ReplayRequest(**{**values, "types": tuple(values.get("types", ()))})
        if dry:
            told: dict[str, Any] = {"replay_id": None}
            told["matched"] = count_matching(self.actor.tenant_id, wanted)
        else:
            replay = start_replay(actor=self.actor, request=wanted)
            told = {"replay_id": replay.pk, "matched": replay.total}
        return Response(AcceptedReplaySerializer(told).data, status=status.HTTP_202_ACCEPTED)


class EventReplayStatusView(CallerMixin, APIView):
    """How far a replay is."""

    permission_classes = (AdministratorsOnly,)
    scope_resource = "events"
    examples = {
        "get": [OpenApiExample("half of it", {
            "replay_id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4",
            "status": "running",
            "total": 128,
            "done": 64,
            "started_at": "2026-11-21T09:00:00Z",
            "finished_at": None,
            "error": None,
        }, response_only=True)]
    }  # fmt: skip

    @extend_schema(
        responses={200: EventReplaySerializer},
        operation_id="events_replay_retrieve",
        tags=["events"],
    )
    def get(self, request: Request, replay_id: UUID) -> Response:
        """Read how far a replay is; `done` of `total` events are due again."""
        rows = EventReplay.objects.filter(organization_id=self.actor.tenant_id)
        replay = rows.filter(pk=replay_id).first()
        if replay is None:
            raise NotFound
        return Response(EventReplaySerializer(replay).data)
