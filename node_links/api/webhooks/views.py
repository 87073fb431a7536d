"""Webhooks over REST, for administrators."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsOnly
from config.api.pagination import CursorPagination
from config.api.views import EntityViewSet
from config.exceptions import NotFound
from node_links.api.webhooks import serializers as shapes
from node_links.api.webhooks.examples import WEBHOOKS
from node_links.models import Webhook
from node_links.webhooks import services

DELIVERY_ID = OpenApiParameter(
    "delivery_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="A message of the log."
)


class DeliveryPagination(CursorPagination):
    """The log of a webhook, the latest message first."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return what makes the order total."""
        return "-created_at", "-id"


@extend_schema_view(
    list=extend_schema(description="List the organisation's webhooks, without secrets."),
    retrieve=extend_schema(description="Read one webhook, without its secret."),
)
class WebhookViewSet(CallerMixin, mixins.ListModelMixin, EntityViewSet):
    """Addresses outside that are told of the organisation's events."""

    examples = WEBHOOKS
    queryset = Webhook.objects.none()
    serializer_class = shapes.WebhookSerializer
    permission_classes = (AdministratorsOnly,)
    # A kept answer would hold the secret.
    replays = False
    filterset_fields = ("status",)
    ordering_fields = ("created_at", "url")
    ordering = ("-created_at", "-id")
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[Webhook]:
        """Return those of the caller's organisation; nobody decrypts what is not shown."""
        rows = Webhook.objects.filter(organization_id=self.actor.tenant_id)
        return rows.defer("secret", "previous_secret")

    @extend_schema(
        request=shapes.NewWebhookSerializer, responses={201: shapes.NewWebhookSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a webhook and show its secret, this once. 400 `forbidden_address`."""
        data = _validated(shapes.NewWebhookSerializer(data=request.data))
        webhook, secret = services.create_webhook(actor=self.actor, **data)
        return self._revealed(webhook, secret, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change url, types, filter or description."""
        webhook = self.get_object()
        values = _validated(self.get_serializer(webhook, data=request.data, partial=True))
        return self.entity_response(
            services.update_webhook(
                actor=self.actor,
                pk=webhook.pk,
                values=values,
                expected_revision=self.expected_revision,
            )
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete a webhook with its log; nothing more is sent to it."""
        services.delete_webhook(
            actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: shapes.RevealedWebhookSerializer})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: UUID) -> Response:
        """Make a new secret and show it, once; the old one signs too until `previous_until`."""
        webhook, secret = services.rotate_secret(
            actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
        )
        return self._revealed(webhook, secret)

    @extend_schema(request=None, responses={200: shapes.WebhookSerializer})
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: UUID) -> Response:
        """Send to a disabled webhook again, what waited first. 409 `invalid_transition`."""
        return self.entity_response(
            services.enable_webhook(
                actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
            )
        )

    @extend_schema(request=None, responses={200: shapes.WebhookSerializer})
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: UUID) -> Response:
        """Stop sending; messages wait until it is enabled again. 409 `invalid_transition`."""
        return self.entity_response(
            services.disable_webhook(
                actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
            )
        )

    @extend_schema(request=None, responses={202: shapes.DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: UUID) -> Response:
        """Send a `WebhookPing`; the log tells what came of it. 409 while it is disabled."""
        delivery = services.ping_webhook(actor=self.actor, pk=self.get_object().pk)
        return Response(shapes.DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: shapes.DeliverySerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=(), pagination_class=DeliveryPagination)
    def deliveries(self, request: Request, pk: UUID) -> Response:
        """List the messages to a webhook with their tries, the latest first."""
        page = self.paginate_queryset(self.get_object().deliveries.defer("payload"))
        return self.get_paginated_response(shapes.DeliverySerializer(page, many=True).data)

    @extend_schema(
        request=None, parameters=[DELIVERY_ID], responses={202: shapes.DeliverySerializer}
    )
    @action(
        detail=True, methods=["post"], url_path=r"deliveries/(?P<delivery_id>[0-9A-Za-z-]+)/retry"
    )
    def retry(self, request: Request, pk: UUID, delivery_id: str) -> Response:
        """Send a finished message again, under the same id. 409 while it is pending."""
        webhook = self.get_object()
        try:
            known = UUID(delivery_id)
        except ValueError as error:
            raise NotFound from error
        delivery = services.retry_delivery(
            actor=self.actor, webhook_id=webhook.pk, delivery_id=known
        )
        return Response(shapes.DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)

    def _revealed(self, webhook: Webhook, secret: str, code: int = status.HTTP_200_OK) -> Response:
        body = {**self.get_serializer(webhook).data, "secret": secret}
        return Response(body, status=code, headers=self.tag_of(webhook))


def _validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
