"""The shapes of webhooks and of the messages to them."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from node_links.choices import WebhookDeliveryStatus, WebhookStatus
from node_links.models import Webhook, WebhookDelivery

TYPE = RegexValidator(
    r"^(\*|[A-Z][A-Za-z0-9]*\*?)$",
    "A type is the name of one, the beginning of names with * after it, or * alone.",
    code="invalid_type",
)


class FilterSerializer(Serializer):
    """Which events of the types are meant; all of them where it is empty."""

    feature_type = serializers.CharField(required=False, max_length=50)
    entity_id = serializers.UUIDField(required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the filter as it is stored."""
        return {name: str(value) for name, value in super().to_internal_value(data).items()}


class WebhookSerializer(ModelSerializer[Webhook]):
    """A webhook without its secret."""

    url = serializers.CharField(max_length=2048)
    types = serializers.ListField(
        child=serializers.CharField(max_length=100, validators=[TYPE]), min_length=1, max_length=100
    )
    filter = FilterSerializer(required=False)
    status = serializers.ChoiceField(choices=WebhookStatus.choices, read_only=True)

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            "id",
            "url",
            "types",
            "filter",
            "description",
            "status",
            "failures",
            "disabled_at",
            "disabled_reason",
            "previous_until",
            "revision",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            "id",
            "failures",
            "disabled_at",
            "disabled_reason",
            "previous_until",
            "revision",
            "created_at",
            "updated_at",
        )


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its secret, shown this once; one may be sent, else one is made."""

    secret = serializers.CharField(required=False, max_length=100)

    class Meta(WebhookSerializer.Meta):
        fields: tuple[str, ...] = (*WebhookSerializer.Meta.fields, "secret")


class RevealedWebhookSerializer(WebhookSerializer):
    """A webhook with its new secret, shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields: tuple[str, ...] = (*WebhookSerializer.Meta.fields, "secret")


class AttemptSerializer(Serializer):
    """One try: when, and what came of it. `status` is null where no answer came.

    `attempt` counts from 1. A number that is missing is a try whose sender died before it could
    note the answer: the receiver may have had the message.
    """

    attempt = serializers.IntegerField(required=False)
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    duration_ms = serializers.IntegerField()


class DeliverySerializer(ModelSerializer[WebhookDelivery]):
    """A message to a webhook, and what its receiver answered last (the first 2 KB)."""

    status = serializers.ChoiceField(choices=WebhookDeliveryStatus.choices, read_only=True)
    next_attempt_at = serializers.SerializerMethodField()
    log = AttemptSerializer(many=True, read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event_id",
            "event_type",
            "status",
            "attempts",
            "next_attempt_at",
            "last_status",
            "last_response",
            "last_error",
            "duration_ms",
            "log",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        """Return when it is tried next, null where it is finished."""
        pending = delivery.status == WebhookDeliveryStatus.PENDING
        return delivery.not_before.isoformat() if pending else None
