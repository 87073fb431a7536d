"""The event store: what happened, in order, for good."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from config.ids import uuid7


class NodeEvent(models.Model):
    """One change of one aggregate. Append-only: a trigger refuses UPDATE and DELETE.

    `sequence` counts the aggregate's events from 1 without a gap.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="event_id")
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    event_type = models.CharField(max_length=100)
    schema_version = models.PositiveSmallIntegerField(default=1)
    feature_type = models.CharField(max_length=50)
    entity_id = models.UUIDField()
    node_id = models.CharField(max_length=255, null=True)
    sequence = models.PositiveBigIntegerField()
    data = models.JSONField(default=dict)
    timestamp = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    correlation_id = models.CharField(max_length=128, null=True)
    causation_id = models.UUIDField(null=True)
    execution_id = models.UUIDField(null=True)

    class Meta:
        db_table = "node_events"
        verbose_name = "event"
        ordering = ["-timestamp", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "feature_type", "entity_id", "sequence"],
                name="node_events_order",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "timestamp"], name="node_events_time"),
            models.Index(
                fields=["organization", "event_type", "timestamp"], name="node_events_type"
            ),
            models.Index(
                fields=["organization", "correlation_id", "timestamp"],
                condition=Q(correlation_id__isnull=False),
                name="node_events_correlation",
            ),
            models.Index(
                fields=["organization", "execution_id", "timestamp"],
                condition=Q(execution_id__isnull=False),
                name="node_events_execution",
            ),
            # A few kilobytes for the whole table: windows of time across all organisations.
            BrinIndex(fields=["timestamp"], autosummarize=True, name="node_events_time_brin"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        """Return type, aggregate and place in its history."""
        return f"{self.event_type} {self.feature_type}:{self.entity_id} #{self.sequence}"


class EventSequence(models.Model):
    """How far an aggregate's events are counted; its row lock puts concurrent writers in order."""

    pk = models.CompositePrimaryKey("organization_id", "feature_type", "entity_id")
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    feature_type = models.CharField(max_length=50)
    entity_id = models.UUIDField()
    last = models.PositiveBigIntegerField()

    class Meta:
        db_table = "node_event_sequences"

    def __str__(self) -> str:
        """Return the aggregate and how far it is counted."""
        return f"{self.feature_type}:{self.entity_id} #{self.last}"
