"""What happens to spindles: they are written, published, put to rest."""

from uuid import UUID

from node_links.events.catalogue import life_cycle_events
from node_links.events.types import Absent, EventData, event_types


class WorkflowCreated(EventData):
    """A spindle is there."""

    workflow_id: UUID
    slug: str
    version: str
    name: str
    created_by: UUID | Absent = None


class WorkflowActivated(EventData):
    """A version is live: it was published, or is at work again."""

    name: str
    version: str
    previous_version: str | Absent = None
    activated_by: UUID | Absent = None
    notes: str | Absent = None


class WorkflowDeactivated(EventData):
    """The live version rests: its triggers are silent, and no run begins."""

    name: str
    version: str
    deactivated_by: UUID | Absent = None


class WorkflowDeprecated(EventData):
    """The live version is not to be used any more."""

    name: str
    version: str
    reason: str | Absent = None
    replaced_by: UUID | Absent = None


class WorkflowVersionOpened(EventData):
    """The next draft after a published version."""

    version: str
    previous_version: str
    bump: str
    notes: str | Absent = None


event_types.register(
    *life_cycle_events(
        "Workflow",
        {
            "Created": WorkflowCreated,
            "Activated": WorkflowActivated,
            "Deactivated": WorkflowDeactivated,
            "Deprecated": WorkflowDeprecated,
            "VersionOpened": WorkflowVersionOpened,
            "Published": None,
            "VersionCreated": None,
            "DraftOpened": None,
            "Purged": None,
        },
    )
)
