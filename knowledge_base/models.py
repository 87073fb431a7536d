"""SOPs, their published versions, and the references between them."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from pgvector.django import VectorField

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from knowledge_base.choices import Complexity, ContentType, ReferenceKind
from knowledge_base.markdown.document import Document, parse
from knowledge_base.querysets import AllSopsManager, ReferenceQuerySet, SopQuerySet
from knowledge_base.sources.limits import MAX_CONTENT_BYTES as MAX_CONTENT_BYTES
from node_links.choices import FeatureType
from node_links.models import NodeEntity, VersionSnapshot
from node_links.querysets import LivingManager


def default_position() -> dict[str, float]:
    """Return where an SOP stands in a picture until somebody moves it."""
    return {"x": 0, "y": 0}


class Sop(NodeEntity):
    """A standard operating procedure, written in Markdown.

    The content is stored as written. `version` and `status` are the working copy's; once it has
    been published, `published_version` names the text that readers and runs rely on.
    `review_told_for` is the last day of review that was announced.
    `source_path` is the file it was imported from: re-import updates the SOP with the same path.
    """

    feature_type: ClassVar[str] = FeatureType.KNOWLEDGE_BASE
    event_prefix: ClassVar[str] = "Sop"
    snapshot_fields: ClassVar[tuple[str, ...]] = (
        "title",
        "content",
        "summary",
        "category",
        "author",
        "tags",
        "search_keywords",
        "content_type",
        "complexity",
        "audience",
        "prerequisites",
        "searchable",
        "metadata",
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="sop_id")
    title = models.CharField(max_length=255)
    content = models.TextField(help_text="Markdown.")
    summary = models.TextField(null=True, blank=True, validators=[MaxLengthValidator(2000)])
    category = models.CharField(max_length=100, null=True, blank=True)
    author = models.CharField(max_length=255, null=True, blank=True)
    search_keywords = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    keywords_extracted = models.BooleanField(default=False, editable=False)
    content_type = models.CharField(
        max_length=20, choices=ContentType, default=ContentType.PROCEDURE
    )
    complexity = models.CharField(max_length=20, choices=Complexity, null=True, blank=True)
    audience = models.TextField(null=True, blank=True)
    prerequisites = ArrayField(models.UUIDField(), default=list, blank=True)
    searchable = models.BooleanField(default=True)
    review_due_on = models.DateField(
        null=True, blank=True, help_text="On this day the owner is asked to read it again."
    )
    review_told_for = models.DateField(null=True, editable=False)
    node_position = models.JSONField(default=default_position, blank=True)
    node_metadata = models.JSONField(default=dict, blank=True)
    read_time = models.PositiveIntegerField("minutes to read", default=0, editable=False)
    vector_embedding = VectorField(null=True, editable=False)
    source_path = models.CharField(max_length=500, null=True, blank=True, editable=False)
    aliases = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    reference_keys = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    last_viewed_at = models.DateTimeField(null=True, editable=False)

    objects = LivingManager.from_queryset(SopQuerySet)()
    all_objects: ClassVar["AllSopsManager[Sop]"] = AllSopsManager()

    class Meta:
        db_table = "knowledge_base_sops"
        verbose_name = "SOP"
        ordering = ["-updated_at", "-id"]
        default_manager_name = "all_objects"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source_path"],
                condition=Q(deleted_at=None),
                name="sops_source_path",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-updated_at", "-id"],
                condition=Q(deleted_at=None),
                name="sops_newest",
            ),
            models.Index(fields=["organization", "category"], name="sops_category"),
            models.Index(fields=["organization", "status"], name="sops_status"),
            models.Index("organization", Lower("title"), name="sops_title"),
            # Across organisations: the question of the nightly announcement.
            models.Index(
                fields=["review_due_on"],
                condition=Q(review_due_on__isnull=False, deleted_at=None),
                name="sops_review_due",
            ),
            GinIndex(fields=["tags"], name="sops_tags"),
            GinIndex(fields=["reference_keys"], name="sops_reference_keys"),
        ]
        triggers = [
            Audited(
                entity="sop_id",
                ignored=["vector_embedding", "reference_keys", "last_viewed_at", "review_told_for"],
            )
        ]

    def __str__(self) -> str:
        """Return the title."""
        return self.title

    @property
    def document(self) -> Document:
        """The parsed content; parsed once for each text that `content` holds."""
        parsed: tuple[str, Document] | None = self.__dict__.get("_parsed")
        if parsed is None or parsed[0] is not self.content:
            parsed = self.__dict__["_parsed"] = (self.content, parse(self.content))
        return parsed[1]


class SopVersion(VersionSnapshot):
    """An SOP as it was published."""

    entity = models.ForeignKey(Sop, models.CASCADE, related_name="versions")

    class Meta:
        db_table = "sop_versions"
        verbose_name = "SOP version"
        ordering = ["-major", "-minor", "-patch"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "version"], name="sop_versions_number")
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update),
            Audited(entity="entity_id"),
        ]


class SopReference(models.Model):
    """A relative Markdown link or [[wikilink]] in an SOP; `target` is null while it dangles.

    Dangling references are kept, shown, and healed when an SOP appears that they mean.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    sop = models.ForeignKey(Sop, models.CASCADE, related_name="references")
    target = models.ForeignKey(Sop, models.SET_NULL, null=True, related_name="backlinks")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ReferenceKind)
    raw_target = models.CharField(max_length=1000)
    target_keys = ArrayField(
        models.TextField(),
        default=list,
        help_text="What the reference is matched by, the surest first; see `references.py`.",
    )
    fragment = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=500, blank=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        db_table = "sop_references"
        verbose_name = "reference"
        ordering = ["sop", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sop", "position"], name="sop_references_place")
        ]
        indexes = [
            GinIndex(
                fields=["target_keys"], condition=Q(target=None), name="sop_references_dangling"
            )
        ]

    def __str__(self) -> str:
        """Return what is written."""
        return self.raw_target
