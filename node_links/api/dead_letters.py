"""Events that could not be delivered: seen, sent again, or let go."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django_filters.rest_framework.filters import CharFilter, ChoiceFilter, UUIDFilter
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsOnly
from config.api.filters import FilterSet
from config.api.pagination import CursorPagination
from config.api.serializers import ModelSerializer, Serializer
from config.api.views import GenericViewSet
from node_links.choices import DeadLetterStatus
from node_links.models import DeadLetter
from node_links.services import dead_letters as services

_LETTER = {
    "id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4",
    "event_id": "01a1fd92-3f1a-7c55-8a52-0d6a2f9be7aa",
    "event_type": "SopPublished",
    "feature_type": "knowledge-base",
    "entity_id": "01a1fd92-3e50-74d9-adf5-82ee89b99d64",
    "sequence": 4,
    "subscriber": "search-index",
    "error": "OperationalError: the index is being rebuilt",
    "tries": 3,
    "first_failed_at": "2026-11-21T09:00:00Z",
    "last_failed_at": "2026-11-21T09:00:06Z",
    "status": "open",
    "reason": "",
    "resolved_by": None,
    "resolved_at": None,
}


class DeadLetterSerializer(ModelSerializer[DeadLetter]):
    """An event that a subscriber refused at every try, and what was decided about it."""

    event_id = serializers.UUIDField(read_only=True)
    event_type = serializers.CharField(source="event.event_type", read_only=True)
    feature_type = serializers.CharField(source="event.feature_type", read_only=True)
    entity_id = serializers.UUIDField(source="event.entity_id", read_only=True)
    sequence = serializers.IntegerField(source="event.sequence", read_only=True)
    resolved_by = serializers.UUIDField(source="resolved_by_id", read_only=True, allow_null=True)

    class Meta:
        model = DeadLetter
        fields = tuple(_LETTER)
        read_only_fields = fields


class DiscardSerializer(Serializer):
    """Why the event may be let go."""

    reason = serializers.CharField(max_length=1000)


class ChoiceSerializer(Serializer):
    """Which open dead letters are meant: those that fit all that is given."""

    subscriber = serializers.CharField(max_length=100, required=False)
    event_type = serializers.CharField(max_length=100, required=False)
    entity_id = serializers.UUIDField(required=False)


class DiscardManySerializer(ChoiceSerializer, DiscardSerializer):
    """Which open dead letters are let go, and why."""


class CountSerializer(Serializer):
    """How many were open and are decided about now; 1000 at most at a time."""

    count = serializers.IntegerField(min_value=0)


class DeadLetterFilters(FilterSet):
    """`?status=`, `?subscriber=`, `?event_type=`, `?entity_id=`."""

    status = ChoiceFilter(choices=DeadLetterStatus.choices)
    subscriber = CharFilter()
    event_type = CharFilter(field_name="event__event_type")
    entity_id = UUIDFilter(field_name="event__entity_id")

    class Meta:
        model = DeadLetter
        fields = ()


class DeadLetterViewSet(
    CallerMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """Events that a subscriber refused at every try."""

    serializer_class = DeadLetterSerializer
    permission_classes = (AdministratorsOnly,)
    pagination_class = CursorPagination
    filterset_class = DeadLetterFilters
    queryset = DeadLetter.objects.none()
    scope_resource = "events"
    sensitive: ClassVar[dict[str, str]] = {
        "discard": "discard_dead_letter",
        "discard_many": "discard_dead_letter",
    }
    examples = {
        "retrieve": [OpenApiExample("one that is open", _LETTER, response_only=True)],
        "discard": [OpenApiExample("why", {"reason": "Sent by hand."}, request_only=True)],
        "retry_many": [OpenApiExample("all of one", {"subscriber": "search"}, request_only=True)],
    }

    def get_queryset(self) -> QuerySet[DeadLetter]:
        """Those of the caller's organisation, with their events."""
        return DeadLetter.objects.visible_to(self.actor).select_related("event")

    @extend_schema(request=None, responses={200: DeadLetterSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Deliver the event again. 409 `conflict` where it was decided about already."""
        letter = services.retry_dead_letter(actor=self.actor, pk=self.get_object().pk)
        return Response(self.get_serializer(letter).data)

    @extend_schema(request=DiscardSerializer, responses={200: DeadLetterSerializer})
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: UUID) -> Response:
        """Let the event go for this subscriber. 409 `conflict` where it was decided already."""
        values = _validated(DiscardSerializer(data=request.data))
        letter = services.discard_dead_letter(
            actor=self.actor, pk=self.get_object().pk, reason=values["reason"]
        )
        return Response(self.get_serializer(letter).data)

    @extend_schema(
        request=ChoiceSerializer,
        responses={200: CountSerializer},
        operation_id="dead_letters_retry_many",
    )
    @action(detail=False, methods=["post"], url_path="retry")
    def retry_many(self, request: Request) -> Response:
        """Deliver those again that fit, oldest first."""
        chosen = self._chosen(_validated(ChoiceSerializer(data=request.data)))
        count = services.retry_dead_letters(actor=self.actor, chosen=chosen)
        return Response(CountSerializer({"count": count}).data)

    @extend_schema(
        request=DiscardManySerializer,
        responses={200: CountSerializer},
        operation_id="dead_letters_discard_many",
    )
    @action(detail=False, methods=["post"], url_path="discard")
    def discard_many(self, request: Request) -> Response:
        """Let those go that fit, oldest first."""
        values = _validated(DiscardManySerializer(data=request.data))
        reason = values.pop("reason")
        count = services.discard_dead_letters(
            actor=self.actor, chosen=self._chosen(values), reason=reason
        )
        return Response(CountSerializer({"count": count}).data)

    def _chosen(self, values: dict[str, Any]) -> QuerySet[DeadLetter]:
        columns = {
            "subscriber": "subscriber",
            "event_type": "event__event_type",
            "entity_id": "event__entity_id",
        }
        return self.get_queryset().filter(
            **{columns[name]: value for name, value in values.items()}
        )


def _validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
