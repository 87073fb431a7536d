"""Runs: what was asked for, where each step stands, every try, the log, the snapshots."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import FeatureType
from spindles.choices import (
    OPEN,
    AttemptStatus,
    Environment,
    ExecutionStatus,
    LogLevel,
    ReplayMode,
    SkipReason,
    SnapshotStatus,
    SnapshotType,
    StepStatus,
    TriggerKind,
    WaitKind,
)
from spindles.models.plans import StoredPlan
from spindles.querysets import ExecutionQuerySet


class Execution(models.Model):
    """One run of one version of an entity, on the plan that it began with.

    `revision` goes up with each change and fences them: whoever changes a run has locked its row
    and has seen every change before. `wake_at` is when somebody must look at it again, whoever
    forgot. `holds_slot` while it takes one of the organisation's slots; `queued_at` since when it
    waits for one.
    """

    feature_type = "execution"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="execution_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    source_feature = models.CharField(max_length=20, choices=FeatureType)
    source_id = models.UUIDField()
    source_name = models.CharField(max_length=255)
    source_slug = models.CharField(max_length=255, blank=True)
    source_version = models.CharField(max_length=50)
    is_draft = models.BooleanField(default=False)
    plan = models.ForeignKey(StoredPlan, models.PROTECT, related_name="+", db_index=False)
    environment = models.CharField(
        max_length=20, choices=Environment, default=Environment.PRODUCTION
    )
    status = models.CharField(
        max_length=20, choices=ExecutionStatus, default=ExecutionStatus.PENDING
    )
    status_reason = models.CharField(max_length=2000, blank=True)
    priority = models.PositiveSmallIntegerField(default=5)
    inputs = models.JSONField(default=dict)
    outputs = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    context = models.JSONField(
        default=dict, help_text="What the run was given beside its inputs, and what nodes tell."
    )
    total_steps = models.PositiveIntegerField(default=0)
    settled_steps = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    trigger_kind = models.CharField(max_length=20, choices=TriggerKind, default=TriggerKind.MANUAL)
    trigger = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=128, null=True)
    session_id = models.CharField(max_length=128, null=True)
    budget_id = models.UUIDField(null=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    parent_step_id = models.CharField(max_length=300, null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    max_depth = models.PositiveSmallIntegerField(default=10)
    narrow = models.JSONField(
        default=dict, help_text="How the outputs become the output of the parent's step."
    )
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")
    replay_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replays")
    replay_mode = models.CharField(max_length=20, choices=ReplayMode, null=True)
    replay_live = models.BooleanField(default=False)
    match_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    divergences = models.JSONField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    max_concurrency = models.PositiveIntegerField(null=True)
    timeout = models.FloatField(null=True, help_text="Of the whole run, in seconds.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(default=1)
    wake_at = models.DateTimeField(null=True)
    holds_slot = models.BooleanField(default=False)
    queued_at = models.DateTimeField(null=True)
    snapshot_at = models.DateTimeField(null=True, help_text="When the next snapshot is due.")
    last_snapshot = models.PositiveIntegerField(default=0)

    objects = models.Manager.from_queryset(ExecutionQuerySet)()

    class Meta:
        db_table = "executions"
        verbose_name = "execution"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="executions_newest"),
            models.Index(
                fields=["organization", "source_feature", "source_id", "-created_at"],
                name="executions_of_source",
            ),
            models.Index(
                fields=["wake_at"],
                condition=Q(wake_at__isnull=False),
                name="executions_due",
            ),
            models.Index(
                fields=["organization", "-priority", "queued_at"],
                condition=Q(queued_at__isnull=False),
                name="executions_queued",
            ),
            models.Index(
                fields=["organization", "source_id"],
                condition=Q(holds_slot=True),
                name="executions_at_work",
            ),
            models.Index(
                fields=["organization", "status"],
                condition=Q(status__in=OPEN),
                name="executions_open",
            ),
        ]

    def __str__(self) -> str:
        """Return what runs, in which version."""
        return f"{self.source_name} {self.source_version}"

    @property
    def progress(self) -> dict[str, Any]:
        """How many steps have settled."""
        percent = 100 * self.settled_steps / self.total_steps if self.total_steps else 0
        return {
            "completed": self.settled_steps,
            "total": self.total_steps,
            "percent": round(percent, 2),
        }

    @property
    def duration_seconds(self) -> float | None:
        """How long it took; None before its end."""
        if self.started_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN

    @property
    def feeds_production(self) -> bool:
        """Whether what it does is meant: a replay that is not live has no effect."""
        return self.replay_of_id is None or self.replay_live


class ExecutionStep(models.Model):
    """One step of a run. The items of a map are steps too: `<map>[<index>]` with `item_of`.

    `attempt` is the number of the latest try, which is what a worker must hold to commit: a try
    that was taken over is no longer the latest one.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveIntegerField()
    step_id = models.CharField(max_length=300)
    kind = models.CharField(max_length=50)
    name = models.CharField(max_length=255)
    internal = models.BooleanField(default=False)
    item_of = models.CharField(max_length=200, null=True)
    item_index = models.PositiveIntegerField(null=True)
    item = models.JSONField(null=True)
    status = models.CharField(max_length=20, choices=StepStatus, default=StepStatus.PENDING)
    reason = models.CharField(max_length=50, choices=SkipReason, null=True)
    note = models.CharField(max_length=2000, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    retry_count = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(
        default=0, help_text="Tries that failed since the allowance of the step was last renewed."
    )
    interruptions = models.PositiveIntegerField(default=0)
    known_outcomes = models.PositiveIntegerField(default=0)
    last_try = models.BooleanField(
        default=False, help_text="It had the one more try at the end of its phase."
    )
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    output_file = models.CharField(max_length=300, blank=True)
    output_hash = models.CharField(max_length=64, blank=True)
    output_bytes = models.PositiveIntegerField(default=0)
    used = models.JSONField(default=list)
    error = models.JSONField(null=True)
    agent_id = models.UUIDField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    wait_kind = models.CharField(max_length=20, choices=WaitKind, null=True)
    wait = models.JSONField(default=dict)
    wait_until = models.DateTimeField(null=True)
    wait_event = models.CharField(max_length=100, null=True)
    wait_child = models.UUIDField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(default=0)

    objects = models.Manager["ExecutionStep"]()

    class Meta:
        db_table = "execution_steps"
        verbose_name = "step"
        ordering = ["position", "item_index"]
        constraints = [
            models.UniqueConstraint(fields=["execution", "step_id"], name="execution_steps_step")
        ]
        indexes = [
            models.Index(fields=["execution", "revision"], name="execution_steps_changed"),
            models.Index(
                fields=["organization", "wait_event"],
                condition=Q(wait_event__isnull=False),
                name="execution_steps_event",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(status=StepStatus.RUNNING),
                name="execution_steps_at_work",
            ),
            models.Index(
                fields=["wait_child"],
                condition=Q(wait_child__isnull=False),
                name="execution_steps_child",
            ),
            models.Index(
                fields=["organization", "wait_until"],
                condition=Q(wait_kind=WaitKind.PERSON),
                name="execution_steps_people",
            ),
            GinIndex(
                fields=["used"],
                opclasses=["jsonb_path_ops"],
                condition=~Q(used=[]),
                name="execution_steps_used",
            ),
        ]

    def __str__(self) -> str:
        """Return its id."""
        return self.step_id


class ExecutionAttempt(models.Model):
    """One try of a step: written before anything outside is asked, its end afterwards."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    execution = models.ForeignKey(
        Execution, models.CASCADE, related_name="attempts", db_index=False
    )
    step_id = models.CharField(max_length=300)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=AttemptStatus, default=AttemptStatus.RUNNING)
    idempotency_key = models.CharField(max_length=64)
    worker = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.FloatField(null=True)
    error = models.JSONField(null=True)
    response_hash = models.CharField(max_length=64, blank=True)
    is_deterministic = models.BooleanField(default=True)

    objects = models.Manager["ExecutionAttempt"]()

    class Meta:
        db_table = "execution_attempts"
        verbose_name = "attempt"
        ordering = ["execution", "step_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "step_id", "number"], name="execution_attempts_number"
            )
        ]

    def __str__(self) -> str:
        """Return its number."""
        return str(self.number)


class ExecutionLog(models.Model):
    """One line of the log of a run."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="logs", db_index=False)
    at = models.DateTimeField()
    level = models.CharField(max_length=10, choices=LogLevel, default=LogLevel.INFO)
    step_id = models.CharField(max_length=300, null=True)
    attempt = models.PositiveIntegerField(null=True)
    message = models.TextField()
    data = models.JSONField(default=dict)

    objects = models.Manager["ExecutionLog"]()

    class Meta:
        db_table = "execution_logs"
        verbose_name = "log line"
        ordering = ["id"]
        indexes = [models.Index(fields=["execution", "id"], name="execution_logs_of_run")]

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class ExecutionSnapshot(models.Model):
    """Where a run stood at a moment, so that it can go on from there.

    `content` has the state and output of each step, what was asked, and the state of the budget.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="snapshot_id")
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    execution = models.ForeignKey(
        Execution, models.CASCADE, related_name="snapshots", db_index=False
    )
    number = models.PositiveIntegerField()
    type = models.CharField(max_length=20, choices=SnapshotType, default=SnapshotType.CHECKPOINT)
    status = models.CharField(max_length=20, choices=SnapshotStatus, default=SnapshotStatus.READY)
    step_id = models.CharField(max_length=300, null=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    completed = ArrayField(models.CharField(max_length=300), default=list)
    pending = ArrayField(models.CharField(max_length=300), default=list)
    failed = ArrayField(models.CharField(max_length=300), default=list)
    skipped = ArrayField(models.CharField(max_length=300), default=list)
    content = models.JSONField()
    budget = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    restored_at = models.DateTimeField(null=True)

    objects = models.Manager["ExecutionSnapshot"]()

    class Meta:
        db_table = "execution_snapshots"
        verbose_name = "snapshot"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "number"], name="execution_snapshots_number"
            )
        ]

    def __str__(self) -> str:
        """Return its number."""
        return str(self.number)
