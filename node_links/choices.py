"""Enumerations of the graph."""

from decimal import Decimal
from typing import NamedTuple

from django.db.models import TextChoices


class FeatureType(TextChoices):
    """The four features whose entities are nodes."""

    FUNCTION_MODEL = "function-model"
    KNOWLEDGE_BASE = "knowledge-base"
    EVENT_STORM = "event-storm"
    SPINDLE = "spindle"


class EntityStatus(TextChoices):
    """The life cycle shared by versioned entities; deletion is a timestamp, not a status."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class NodeStatus(TextChoices):
    """What the entity of a node may be in: the life cycle of all, and the states of what runs."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ACTIVE = "active"
    INACTIVE = "inactive"
    ERROR = "error"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class LinkOrigin(TextChoices):
    """Who made a link: a person, the platform out of content, or a run."""

    MANUAL = "manual"
    DERIVED = "derived"
    RUNTIME = "runtime"


class MetricsSource(TextChoices):
    """Where the metrics of a calculated strength come from."""

    SUPPLIED = "supplied"
    GATHERED = "gathered"


class DriftStatus(TextChoices):
    """What has become of a link whose target is no longer what was linked."""

    DRIFTED = "drifted"
    BROKEN = "broken"


class BreakReason(TextChoices):
    """Why a link leads to nothing that may be relied on."""

    TARGET_DELETED = "target_deleted", "The target has been deleted"
    TARGET_ARCHIVED = "target_archived", "The target has been archived"
    VERSION_GONE = "version_gone", "There is no such version any more"


class DeliveryStatus(TextChoices):
    """How far an event has come on its way to one subscriber."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    DISCARDED = "discarded"


class ExportStatus(TextChoices):
    """How far an export is; the last two are its ends."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ReplayStatus(TextChoices):
    """How far a replay of past events is; the last two are its ends."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class DeadLetterStatus(TextChoices):
    """What was decided about an event that could not be delivered."""

    OPEN = "open"
    RETRIED = "retried"
    DISCARDED = "discarded"


class AuditOperation(TextChoices):
    """What a row of the audit trail tells of: a change of a row, or a look that is on record."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    ACCESS = "ACCESS"


class Bump(TextChoices):
    """The part of a version number that goes up."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


class SagaStatus(TextChoices):
    """How far a saga is; the last three are its ends."""

    PENDING = "pending"
    RUNNING = "running"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    COMPENSATED = "compensated"
    FAILED = "failed"


class SagaStepStatus(TextChoices):
    """What became of one step, and of its compensation."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"


class NotificationChannel(TextChoices):
    """How a notice reaches a person."""

    IN_APP = "in_app", "In the product"
    EMAIL = "email", "E-mail"


class MailStatus(TextChoices):
    """What became of an e-mail; notices in the product have none."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class ChangeTravels(TextChoices):
    """Which way the effect of a change goes along a link: whom it reaches from whom."""

    TARGET_TO_SOURCE = "target_to_source", "From target to source"
    SOURCE_TO_TARGET = "source_to_target", "From source to target"
    BOTH = "both", "Both ways"


# A link is strong from the one, weak up to the other.
STRONG, WEAK = Decimal("0.7"), Decimal("0.3")


class DefaultLinkType(NamedTuple):
    """A link type of the platform itself."""

    name: str
    description: str
    color: str
    icon: str
    both_ways: bool
    change_travels: ChangeTravels


_BACK, _ON, _BOTH = (
    ChangeTravels.TARGET_TO_SOURCE,
    ChangeTravels.SOURCE_TO_TARGET,
    ChangeTravels.BOTH,
)

# Seed document 000, section 2; the last three, and the way of a change, are ours.
DEFAULT_LINK_TYPES = tuple(
    DefaultLinkType(*row)
    for row in (
        ("references", "One entity references another", "#3B82F6", "link", True, _BACK),
        ("implements", "One entity implements another", "#10B981", "check-circle", False, _BACK),
        ("documents", "One entity documents another", "#F59E0B", "file-text", False, _BACK),
        ("supports", "One entity supports another", "#8B5CF6", "shield", False, _ON),
        ("nested", "One entity is nested within another", "#EF4444", "layers", False, _BACK),
        ("triggers", "One entity starts another", "#EC4899", "zap", False, _BOTH),
        ("consumes", "One entity uses what another provides", "#06B6D4", "download", False, _BACK),
        ("produces", "One entity makes another", "#84CC16", "upload", False, _ON),
    )
)


class WebhookStatus(TextChoices):
    """Whether a webhook is sent to. Messages of a disabled one wait until it is enabled again."""

    ACTIVE = "active"
    DISABLED = "disabled"


class WebhookDeliveryStatus(TextChoices):
    """How far a message to a webhook is; a failed one is not tried again by itself."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
