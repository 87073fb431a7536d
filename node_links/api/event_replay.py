"""Sending past events out again."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsOnly
from config.api.serializers import Serializer
from config.api.views import APIView
from config.exceptions import InfrastructureException
from config.ids import uuid7
from node_links.events.replaying import ReplayRequest, count_matching
from node_links.tasks.events import replay_events


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


class ReplaySerializer(Serializer):
    """How many events somebody will hear of again. `replay_id` is null where it was a dry run."""

    replay_id = serializers.UUIDField(allow_null=True)
    matched = serializers.IntegerField(min_value=0)


class EventReplayView(CallerMixin, APIView):
    """Deliver past events again, in their original order, marked as replayed."""

    permission_classes = (AdministratorsOnly,)
    scope_resource = "events"
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
        responses={202: ReplaySerializer},
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
        matched = count_matching(self.actor.tenant_id, wanted)
        replay_id = None if dry else self._begin(wanted)
        body = ReplaySerializer({"replay_id": replay_id, "matched": matched})
        return Response(body.data, status=status.HTTP_202_ACCEPTED)

    def _begin(self, wanted: ReplayRequest) -> UUID:
        """Hand the work to a worker; its task carries the id of the replay."""
        replay_id = uuid7()
        told = {
            **asdict(wanted),
            "since": wanted.since.isoformat(),
            "until": wanted.until.isoformat(),
            "entity_id": wanted.entity_id and str(wanted.entity_id),
        }
        arguments = (str(self.actor.tenant_id), told)
        try:
            replay_events.apply_async(arguments, task_id=str(replay_id), retry=False)
        except (OperationalError, RedisError, OSError) as error:
            # However the broker failed: nothing of the replay was kept, so the caller must know.
            raise InfrastructureException(
                f"The broker cannot be reached: {error}", status_code=503
            ) from error
        return replay_id
