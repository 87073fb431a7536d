"""Replays: past events that go out again because somebody asked for it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import ReplayStatus

UNFINISHED = (ReplayStatus.QUEUED, ReplayStatus.RUNNING)


class EventReplay(models.Model):
    """A replay, and how far it is.

    `request` says which events (`ReplayRequest` as JSON). `total` were counted when it was asked
    for, `done` are due again; whoever goes on begins behind the event `after_event`, which happened
    at `after_timestamp`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="replay_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    request = models.JSONField()
    status = models.CharField(max_length=20, choices=ReplayStatus, default=ReplayStatus.QUEUED)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    after_timestamp = models.DateTimeField(null=True)
    after_event = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event_replays"
        verbose_name = "replay"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "created_at"], name="event_replays_list"),
            # Across organisations: the question of the sweep.
            models.Index(
                fields=["updated_at"],
                condition=Q(status__in=UNFINISHED),
                name="event_replays_unfinished",
            ),
        ]
        triggers = [
            # Who asked for which replay is on record; how it goes on is not.
            Audited(
                ignored=["status", "done", "after_timestamp", "after_event", "error", "started_at",
                         "finished_at"]
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return how far it is."""
        return f"{self.done} of {self.total} ({self.status})"
