"""The caller's own notices over REST."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from config.api.filters import BooleanFilter, FilterSet
from config.api.pagination import CursorPagination
from config.api.serializers import ModelSerializer, Serializer
from config.api.views import GenericViewSet
from node_links.choices import NotificationChannel
from node_links.models import Notification
from node_links.notifications.inbox import Choice, choices_of, choose, mark_all_read, mark_read

_NOTICE = {
    "id": "01a1fd92-6b21-7d4c-9f3e-0c7a4c7f0b11",
    "kind": "model_published",
    "title": "Published: Restart the mail server",
    "body": "Version 1.1.0 is live now.",
    "url": "/api/v1/sops/01a1fd92-41c0-7a31-8e0d-53b0e3f7a4de/",
    "feature_type": "knowledge-base",
    "entity_id": "01a1fd92-41c0-7a31-8e0d-53b0e3f7a4de",
    "event_id": "01a1fd92-6b1f-7c55-b1a8-6de2a8c8f9aa",
    "created_at": "2026-11-21T09:00:00Z",
    "read_at": None,
}
_CHOICES = {
    "preferences": [
        {"kind": "model_published", "channel": "in_app", "enabled": True},
        {"kind": "model_published", "channel": "email", "enabled": False},
    ]
}


class NotificationSerializer(ModelSerializer[Notification]):
    """One notice; `url` is a path below the installation's address."""

    class Meta:
        model = Notification
        fields = tuple(_NOTICE)
        read_only_fields = fields


class ReadAllSerializer(Serializer):
    """How many notices were unread."""

    read = serializers.IntegerField(min_value=0, read_only=True)


class PreferenceSerializer(Serializer):
    """Whether the caller gets a kind of notice through a channel."""

    kind = serializers.CharField(max_length=50)
    description = serializers.CharField(read_only=True)
    channel = serializers.ChoiceField(NotificationChannel.choices)
    enabled = serializers.BooleanField()


class PreferencesSerializer(Serializer):
    """The caller's choices; a kind and channel that is not sent goes back to its default."""

    preferences = PreferenceSerializer(many=True)


class NotificationFilters(FilterSet):
    """`?unread=true`: only those that have not been read; `?kind=`."""

    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ("kind",)


class NotificationViewSet(
    CallerMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """What the caller was told in this organisation; nobody else's, whatever the role."""

    examples = {
        "retrieve": [OpenApiExample("a publication", _NOTICE, response_only=True)],
        "read": [OpenApiExample("a publication", _NOTICE, response_only=True)],
        "read_all": [OpenApiExample("three were unread", {"read": 3}, response_only=True)],
        "set_preferences": [OpenApiExample("no mail of this", _CHOICES, request_only=True)],
    }
    serializer_class = NotificationSerializer
    queryset = Notification.objects.none()
    pagination_class = CursorPagination
    filterset_class = NotificationFilters

    def get_queryset(self) -> QuerySet[Notification]:
        """The caller's own."""
        return Notification.objects.visible_to(self.actor)

    @extend_schema(request=None, responses={200: NotificationSerializer})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: UUID) -> Response:
        """Mark a notice read; once more changes nothing."""
        notice = mark_read(actor=self.actor, pk=self.get_object().pk)
        return Response(self.get_serializer(notice).data)

    @extend_schema(request=None, responses={200: ReadAllSerializer})
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all notices read."""
        return Response({"read": mark_all_read(actor=self.actor)})

    @extend_schema(responses={200: PreferencesSerializer}, filters=False)
    @action(detail=False, pagination_class=None, filter_backends=())
    def preferences(self, request: Request) -> Response:
        """Return what the caller gets of each kind through each channel."""
        return self._preferences()

    @extend_schema(request=PreferencesSerializer, responses={200: PreferencesSerializer})
    @preferences.mapping.put
    def set_preferences(self, request: Request) -> Response:
        """Choose. What is not named goes back to the default of its kind."""
        shape = PreferencesSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        named: list[dict[str, Any]] = shape.validated_data["preferences"]
        choose(actor=self.actor, choices=[Choice(**choice) for choice in named])
        return self._preferences()

    def _preferences(self) -> Response:
        choices = choices_of(self.actor)
        return Response(PreferencesSerializer({"preferences": choices}).data)
