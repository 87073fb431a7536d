"""The words of spindles and runs."""

from enum import StrEnum

from django.db import models


class SpindleStatus(models.TextChoices):
    """Where a spindle stands; deletion is a timestamp, not a status.

    The live version is active, inactive, in error or deprecated; a working copy may besides be a
    draft, and the whole archived.
    """

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    ERROR = "error", "Error"
    DEPRECATED = "deprecated", "Deprecated"
    ARCHIVED = "archived", "Archived"


class StepNodeType(models.TextChoices):
    """The families of nodes that a spindle is drawn with."""

    ACTION = "actionNode", "Action"
    TRANSFORMATION = "transformationNode", "Transformation"
    CONDITION = "conditionNode", "Condition"
    ERROR_HANDLER = "errorHandlerNode", "Error handler"
    TRIGGER = "triggerNode", "Trigger"


class ExecutionStatus(models.TextChoices):
    """Where a run stands."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.PAUSED)
"""The runs that have not ended."""


class StepStatus(models.TextChoices):
    """Where a step of a run stands."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


SETTLED = frozenset(
    {StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)
"""The states that no worker leaves any more."""


class SkipReason(models.TextChoices):
    """Why a step was skipped."""

    CONDITION_FALSE = "condition_false", "Its condition was false"
    MANUAL = "manual", "Skipped by hand"
    INACTIVE = "inactive", "Inactive"
    DEPENDENCY_FAILED = "dependency_failed", "A dependency failed"
    DEPENDENCY_CANCELLED = "dependency_cancelled", "A dependency was cancelled"
    PREVIOUS_FAILED = "previous_failed", "A step before it failed"
    CONTAINER_SKIPPED = "container_skipped", "Its container was skipped"
    RUN_STOPPED = "run_stopped", "A critical step failed"


class AttemptStatus(models.TextChoices):
    """How a try of a step ended; `running` until that is known."""

    RUNNING = "running", "Running"
    SUCCESS = "success", "Success"
    FAILED = "failed", "Failed"
    TIMEOUT = "timeout", "Timeout"
    INTERRUPTED = "interrupted", "Interrupted"
    CANCELLED = "cancelled", "Cancelled"


class WaitKind(models.TextChoices):
    """What a waiting step waits for."""

    DELAY = "delay", "A moment"
    EVENT = "event", "An event"
    PERSON = "person", "A person"
    CHILD = "child", "Another run"
    ITEMS = "items", "Its items"


class Environment(models.TextChoices):
    """For what a run is meant: only production feeds production."""

    PRODUCTION = "production", "Production"
    STAGING = "staging", "Staging"
    DEVELOPMENT = "development", "Development"


class TriggerKind(models.TextChoices):
    """What starts a run."""

    MANUAL = "manual", "By hand"
    SCHEDULE = "schedule", "Schedule"
    WEBHOOK = "webhook", "Webhook"
    EVENT = "event", "Event"


class ReplayMode(models.TextChoices):
    """Which steps a replay runs again."""

    FULL = "full", "All steps"
    FROM_STEP = "from_step", "From a step on"
    FAILED_ONLY = "failed_only", "Failed steps"


class CredentialKind(models.TextChoices):
    """How a credential is shown to the other side."""

    BEARER = "bearer", "Bearer token"
    BASIC = "basic", "User and password"
    HEADER = "header", "A header of its own"


class LogLevel(models.TextChoices):
    """How much a line of a log matters."""

    DEBUG = "debug", "Debug"
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"


class Category(StrEnum):
    """What a failure comes from."""

    VALIDATION = "validation"
    EXECUTION = "execution"
    EXTERNAL = "external"
    TIMEOUT = "timeout"
    RESOURCE = "resource"
    PERMISSION = "permission"

    @property
    def is_retried(self) -> bool:
        """Whether such a failure is tried again where attempts are left."""
        return self not in (Category.VALIDATION, Category.PERMISSION)


class Severity(StrEnum):
    """How bad a failure is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class TriggerState(models.TextChoices):
    """Whether a trigger fires."""

    ACTIVE = "active", "Active"
    STOPPED = "stopped", "Stopped: its spindle is in error"
    REMOVED = "removed", "Removed"


class TriggerOrigin(models.TextChoices):
    """Where a trigger comes from."""

    VERSION = "version", "The live version"
    SCHEDULE = "schedule", "Set beside the version"


class CatchUp(models.TextChoices):
    """Which of the planned times that passed unseen are made up for."""

    NONE = "none", "None"
    LATEST = "latest", "The latest one"
    ALL = "all", "All"


class Overlap(models.TextChoices):
    """What a schedule does while a run that it started is still open."""

    QUEUE = "queue", "Start another one"
    SKIP = "skip", "Skip this time"


class HookAuth(models.TextChoices):
    """How the sender of an inbound webhook proves who they are."""

    SIGNED = "signed", "Signature"
    TOKEN = "token", "Bearer token"


class FiringOutcome(models.TextChoices):
    """What came of a firing."""

    STARTED = "started", "Started a run"
    SKIPPED = "skipped", "Skipped"
    REFUSED = "refused", "Refused"


class SnapshotStatus(models.TextChoices):
    """Whether a snapshot can be restored."""

    CREATING = "creating", "Creating"
    READY = "ready", "Ready"
    RESTORING = "restoring", "Restoring"
    FAILED = "failed", "Failed"
    DELETED = "deleted", "Deleted"


class SnapshotType(models.TextChoices):
    """Why a snapshot was taken."""

    CHECKPOINT = "checkpoint", "Checkpoint"
    BEFORE_STEP = "before_step", "Before a step"
    AFTER_STEP = "after_step", "After a step"
