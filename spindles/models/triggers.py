"""What starts spindles by itself, and each time it did or was meant to."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from config.secrets import EncryptedTextField
from spindles.choices import FiringOutcome, TriggerKind, TriggerOrigin, TriggerState
from spindles.models.executions import Execution
from spindles.models.spindles import Spindle
from spindles.querysets import TriggerFiringQuerySet, TriggerQuerySet


class SpindleTrigger(models.Model):
    """A trigger of the live version of a spindle.

    `key` names it among those of its spindle: the next version's trigger of this name is the same
    one, with the same address and secret. `config` is how it was written down, `input_names` are
    the inputs that the version declares. `next_at` is when a schedule falls due. `path` is the
    address of a webhook below `/api/v1/hooks/`; while its secret is being rotated the one before
    is good too, until `previous_until`. A trigger that was removed keeps both: its spindle may be
    activated again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="trigger_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    spindle = models.ForeignKey(
        Spindle, models.CASCADE, related_name="registered_triggers", db_index=False
    )
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=TriggerKind)
    origin = models.CharField(max_length=20, choices=TriggerOrigin, default=TriggerOrigin.VERSION)
    state = models.CharField(max_length=20, choices=TriggerState, default=TriggerState.ACTIVE)
    version = models.CharField(max_length=50)
    config = models.JSONField(default=dict)
    input_names = ArrayField(models.CharField(max_length=100), default=list)
    next_at = models.DateTimeField(null=True)
    event_type = models.CharField(max_length=101, null=True)
    path = models.CharField(max_length=100, null=True)
    secret = EncryptedTextField(null=True)
    previous_secret = EncryptedTextField(null=True)
    previous_until = models.DateTimeField(null=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["SpindleTrigger"]] = models.Manager.from_queryset(
        TriggerQuerySet
    )()

    class Meta:
        db_table = "spindle_triggers"
        verbose_name = "trigger"
        ordering = ["spindle", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["spindle", "origin", "key"], name="spindle_triggers_key"
            ),
            models.UniqueConstraint(
                fields=["organization", "path"],
                condition=Q(path__isnull=False),
                name="spindle_triggers_path",
            ),
        ]
        indexes = [
            # Across organisations: what is due, whose the address of a webhook is.
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="spindle_triggers_due"
            ),
            models.Index(
                fields=["path"], condition=Q(path__isnull=False), name="spindle_triggers_address"
            ),
            models.Index(
                fields=["organization", "event_type"],
                condition=Q(event_type__isnull=False, state="active"),
                name="spindle_triggers_event",
            ),
        ]
        triggers = [
            Audited(entity="spindle_id", secret=["secret", "previous_secret"], ignored=["next_at"])
        ]

    def __str__(self) -> str:
        """Return its key."""
        return self.key


class TriggerFiring(models.Model):
    """One time that a trigger fired, and what came of it.

    A planned time is fired once for a spindle, whichever of its schedules it came from.
    `occurrence` names what else fires once: the delivery of a webhook, the event. `missed` counts
    the planned times before it that nobody made up for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="firing_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    trigger = models.ForeignKey(
        SpindleTrigger, models.CASCADE, related_name="firings", db_index=False
    )
    spindle = models.ForeignKey(Spindle, models.CASCADE, related_name="+", db_index=False)
    planned_at = models.DateTimeField(null=True)
    occurrence = models.CharField(max_length=300, null=True)
    outcome = models.CharField(max_length=20, choices=FiringOutcome)
    reason = models.CharField(max_length=500, blank=True)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    missed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["TriggerFiring"]] = models.Manager.from_queryset(
        TriggerFiringQuerySet
    )()

    class Meta:
        db_table = "trigger_firings"
        verbose_name = "firing"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["spindle", "planned_at"],
                condition=Q(planned_at__isnull=False),
                name="trigger_firings_planned",
            ),
            models.UniqueConstraint(
                fields=["trigger", "occurrence"],
                condition=Q(occurrence__isnull=False),
                name="trigger_firings_occurrence",
            ),
        ]
        indexes = [
            models.Index(fields=["trigger", "-created_at", "-id"], name="trigger_firings_log"),
            models.Index(fields=["organization", "-created_at"], name="trigger_firings_tenant"),
            # Across organisations: the question of the nightly purge.
            models.Index(fields=["created_at"], name="trigger_firings_age"),
        ]

    def __str__(self) -> str:
        """Return what came of it."""
        return self.outcome
