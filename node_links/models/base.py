"""What every feature's entity is: an addressed, versioned, owned row with an optimistic lock."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import Bump, EntityStatus
from node_links.querysets import EntityManager


def default_viewport() -> dict[str, float]:
    """Return React Flow's viewport of a canvas that nobody has moved yet."""
    return {"x": 0, "y": 0, "zoom": 1}


class NodeEntity(models.Model):
    """An entity of one of the four features: a node of the graph.

    `version` is the number the working copy carries, `published_version` the live snapshot's.
    `revision` goes up with every saved change and is the ETag. A deleted row keeps everything and
    is hidden from `objects`; `all_objects` shows it.
    """

    feature_type: ClassVar[str]
    # `SopCreated`, `SopPublished` … : what the events of this feature begin with.
    event_prefix: ClassVar[str]
    # What a published version keeps, and a rollback brings back.
    snapshot_fields: ClassVar[tuple[str, ...]]

    # Features name the column as the founding documents' DDL does (`sop_id`, `model_id` …).
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, editable=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    version = models.CharField(max_length=50, default="1.0.0", editable=False)
    published_version = models.CharField(max_length=50, null=True, editable=False)
    version_count = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(
        max_length=20, choices=EntityStatus, default=EntityStatus.DRAFT, editable=False
    )
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    permissions = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    all_objects = EntityManager()

    class Meta:
        abstract = True

    @property
    def title_text(self) -> str:
        """What people call the entity; features keep it in `name` or `title`."""
        return str(getattr(self, "name", None) or getattr(self, "title", ""))

    @property
    def etag(self) -> str:
        """The entity tag of this state (RFC 9110, section 8.8.3)."""
        return f'"{self.revision}"'


CANVAS_FIELDS = ("nodes_data", "edges_data", "viewport_data", "document_data")
"""The columns that hold a drawing."""


def document_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drawing in `content` (an entity's values, or what a version keeps) as React Flow
    reads it."""
    nodes, edges, viewport, rest = (content[name] for name in CANVAS_FIELDS)
    return {**rest, "nodes": nodes, "edges": edges, "viewport": viewport}


class CanvasEntity(NodeEntity):
    """An entity drawn as a React Flow document `{nodes, edges, viewport}`; all keys are kept."""

    name = models.CharField(max_length=255)
    description = models.TextField(null=True, blank=True)
    nodes_data = models.JSONField(default=list, blank=True)
    edges_data = models.JSONField(default=list, blank=True)
    viewport_data = models.JSONField(default=default_viewport, blank=True)
    document_data = models.JSONField(
        default=dict, blank=True, help_text="Keys of the document besides nodes, edges, viewport."
    )

    class Meta:
        abstract = True

    @property
    def document(self) -> dict[str, Any]:
        """The drawing as React Flow reads it."""
        return document_of({name: getattr(self, name) for name in CANVAS_FIELDS})


class VersionSnapshot(models.Model):
    """What was published under one number, for good: a trigger refuses to change it.

    Subclasses add the foreign key `entity`. The three parts stand beside the text because
    versions are ordered as numbers (1.10.0 after 1.9.0).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="version_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    version = models.CharField(max_length=50)
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    bump = models.CharField(max_length=10, choices=[("initial", "initial"), *Bump.choices])
    previous_version = models.CharField(max_length=50, null=True)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    notes = models.CharField(max_length=2000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    entity_id: UUID

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Return the number."""
        return self.version
