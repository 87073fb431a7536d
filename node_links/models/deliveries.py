"""Who still has to hear of an event, and what could not be delivered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import DeadLetterStatus, DeliveryStatus
from node_links.models.events import NodeEvent
from node_links.querysets import DeadLetterQuerySet


class EventDelivery(models.Model):
    """An event that one subscriber must hear of, written together with the event.

    Nobody touches a pending row before `not_before`. Of one aggregate, a subscriber hears the
    events by `sequence`: a row waits while an earlier one is pending. `attempts` counts the tries
    since the row became pending; `replayed` says that it did so at somebody's request.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="delivery_id")
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    event = models.ForeignKey(
        NodeEvent, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    subscriber = models.CharField(max_length=100)
    feature_type = models.CharField(max_length=50)
    entity_id = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    status = models.CharField(
        max_length=20, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    replayed = models.BooleanField(default=False)
    last_error = models.TextField(blank=True)
    first_failed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event_deliveries"
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-id"]
        constraints = [
            # Who delivers asks across organisations, one subscriber at a time.
            models.UniqueConstraint(fields=["subscriber", "event"], name="event_deliveries_once")
        ]
        indexes = [
            models.Index(
                fields=["subscriber", "not_before", "event"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="event_deliveries_due",
            ),
            models.Index(
                fields=["subscriber", "organization", "feature_type", "entity_id", "sequence"],
                condition=Q(status__in=[DeliveryStatus.PENDING, DeliveryStatus.DEAD]),
                name="event_deliveries_order",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=Q(status=DeliveryStatus.DELIVERED),
                name="event_deliveries_done",
            ),
            models.Index(fields=["organization", "created_at"], name="event_deliveries_tenant"),
        ]

    def __str__(self) -> str:
        """Return who hears of which event."""
        return f"{self.event_id} to {self.subscriber}"


class DeadLetter(models.Model):
    """An event that a subscriber refused at every try, until somebody decides about it.

    One row per event and subscriber: what is retried and fails again is opened again, and `tries`
    counts on.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid7, editable=False, db_column="dead_letter_id"
    )
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    event = models.ForeignKey(
        NodeEvent, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    subscriber = models.CharField(max_length=100)
    error = models.TextField()
    tries = models.PositiveIntegerField()
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()
    status = models.CharField(
        max_length=20, choices=DeadLetterStatus.choices, default=DeadLetterStatus.OPEN
    )
    reason = models.TextField(blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    resolved_at = models.DateTimeField(null=True)

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        db_table = "dead_letters"
        verbose_name = "dead letter"
        ordering = ["-last_failed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "event"], name="dead_letters_once")
        ]
        indexes = [
            models.Index(
                fields=["organization", "status", "last_failed_at"], name="dead_letters_list"
            )
        ]

    def __str__(self) -> str:
        """Return who refused which event."""
        return f"{self.event_id} to {self.subscriber}"
