"""Webhooks: who outside hears of which events, and each message that is or was to be sent."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from config.secrets import EncryptedTextField
from node_links.choices import WebhookDeliveryStatus, WebhookStatus


class Webhook(models.Model):
    """An address outside that is told of the organisation's events.

    `types` are names of event types, beginnings of names (`Sop*`) or `*`; `filter` may narrow them
    to one `feature_type` or one `entity_id`. `failures` counts the messages in a row that were
    given up. While the secret is being rotated the one before signs too, until `previous_until`.
    """

    # An aggregate of the event store, though no node of the graph.
    feature_type: ClassVar[str] = "webhook"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="webhook_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    url = models.CharField("URL", max_length=2048)
    types = ArrayField(models.CharField(max_length=100))
    filter = models.JSONField(default=dict, blank=True)
    description = models.CharField(max_length=500, blank=True)
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(null=True)
    previous_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=20, choices=WebhookStatus, default=WebhookStatus.ACTIVE)
    failures = models.PositiveIntegerField(default=0)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "webhooks"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["organization", "status"], name="webhooks_tenant")]
        triggers = [Audited(secret=["secret", "previous_secret"], ignored=["failures"])]

    def __str__(self) -> str:
        """Return the description, or how the address begins."""
        return self.description or self.url[:80]


class WebhookDelivery(models.Model):
    """One message to one webhook: what is to be sent, each try, and what came of it.

    The event is read from the store when it is sent; `payload` is the body of a message that stands
    for no stored event. Nobody touches a pending row before `not_before`: who claims it moves that
    moment one lease on, so that it comes back by itself should the sender die. `log` holds the
    tries: which one (`attempt`), when (`at`), `status`, `error`, `duration_ms`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="delivery_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=100)
    payload = models.JSONField(null=True)
    status = models.CharField(
        max_length=20, choices=WebhookDeliveryStatus, default=WebhookDeliveryStatus.PENDING
    )
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True)
    last_response = models.TextField(blank=True, default="")
    last_error = models.TextField(blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True)
    log = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name = "webhook message"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="webhook_deliveries_once")
        ]
        indexes = [
            models.Index(
                fields=["webhook", "not_before"],
                condition=models.Q(status="pending"),
                name="webhook_deliveries_due",
            ),
            models.Index(fields=["webhook", "created_at"], name="webhook_deliveries_log"),
            # Across organisations: the question of the nightly purge.
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="webhook_deliveries_finished",
            ),
            models.Index(fields=["organization", "created_at"], name="webhook_deliveries_tenant"),
        ]

    def __str__(self) -> str:
        """Return the type of the event and how far it is."""
        return f"{self.event_type} {self.status}"
