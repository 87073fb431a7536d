"""What stands between a file and the database: a model with everything that goes with it."""

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that came over in another form than it had, or not at all; `place` is its id."""

    code: str
    message: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class ForeignEnd:
    """An entity outside of the model, named so that another installation finds its own.

    `external_id` is the path or id under which it is known wherever it came from; `name` is what
    people call it; `node_id` a node inside of it.
    """

    feature: str
    external_id: str
    name: str = ""
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """What an action's reference `value` meant where the file was written."""

    value: str
    target: ForeignEnd


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link made by hand. `leaves` says whether it leads from the model (`node_id` inside of it)
    to `other`, or comes from there. `base_strength` is a share with four places.
    """

    leaves: bool
    node_id: str | None
    other: ForeignEnd
    link_type: str
    base_strength: str = "0.5"
    link_context: dict[str, Any] = field(default_factory=dict)
    visual_properties: dict[str, Any] = field(default_factory=dict)
    version_pin: str = "latest"


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A published version: `content` is what snapshots keep, `created_at` ISO 8601."""

    version: str
    bump: str
    previous_version: str | None
    content: dict[str, Any]
    notes: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the model was: its number and status, and the live version's number."""

    version: str = "1.0.0"
    status: str = "draft"
    published_version: str | None = None
    archive_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model on its way in or out. `external_id` is the one under which it is known again."""

    external_id: str
    fields: dict[str, Any]
    document: Document
    head: Head = Head()
    versions: tuple[VersionRecord, ...] = ()
    references: tuple[ReferenceRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    source: str = ""
    format: str = ""

    @property
    def name(self) -> str:
        """What people call the model."""
        return str(self.fields["name"])
