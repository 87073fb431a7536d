"""Spindles and their published versions."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import ExpressionWrapper, F, Q

from accounts.auditing import Audited
from config.ids import uuid7
from node_links.choices import FeatureType
from node_links.models import CANVAS_FIELDS, CanvasEntity, VersionSnapshot
from node_links.querysets import LivingManager
from spindles.choices import SpindleStatus
from spindles.models.plans import StoredPlan
from spindles.querysets import AllSpindlesManager, SpindleQuerySet

DEFINITION_FIELDS = (
    "name",
    "description",
    "spindle_type",
    "complexity_level",
    "inputs",
    "outputs",
    "triggers",
    "max_concurrency",
    "timeout",
    *CANVAS_FIELDS,
)
"""What says what a spindle does: it changes in an open draft only."""


class Spindle(CanvasEntity):
    """A sequence of steps that runs by itself.

    One row is the working copy; what was published stands in `versions`. `status` is the working
    copy's, `live_status` that of the version that runs. The names of tables and columns are those
    of seed document 000, "Spindles Table".
    """

    feature_type: ClassVar[str] = FeatureType.SPINDLE
    event_prefix: ClassVar[str] = "Workflow"
    snapshot_fields: ClassVar[tuple[str, ...]] = (*DEFINITION_FIELDS, "tags", "metadata")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="spindle_id")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="user_id"
    )
    slug = models.CharField(max_length=255)
    spindle_type = models.CharField(max_length=50, null=True, blank=True)
    complexity_level = models.CharField(max_length=20, null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=SpindleStatus, default=SpindleStatus.DRAFT, editable=False
    )
    live_status = models.CharField(max_length=20, choices=SpindleStatus, null=True, editable=False)
    current_version = models.GeneratedField(
        expression=ExpressionWrapper(F("version"), output_field=models.CharField()),
        output_field=models.CharField(max_length=50),
        db_persist=True,
    )
    inputs = models.JSONField(default=list, blank=True)
    outputs = models.JSONField(null=True, blank=True)
    triggers = models.JSONField(default=list, blank=True)
    max_concurrency = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many runs of it may be at work at once."
    )
    timeout = models.FloatField(
        null=True, blank=True, help_text="How long a whole run may take, in seconds."
    )
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    dangling_references = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        editable=False,
        help_text="What steps refer to and was not there when they were saved: feature:target.",
    )
    deprecation_reason = models.CharField(max_length=2000, null=True, editable=False)
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", editable=False
    )
    archived_at = models.DateTimeField(null=True, editable=False)
    archive_reason = models.CharField(max_length=2000, null=True, editable=False)
    deletion_reason = models.CharField(max_length=2000, null=True, editable=False)

    objects = LivingManager.from_queryset(SpindleQuerySet)()
    all_objects: ClassVar["AllSpindlesManager[Spindle]"] = AllSpindlesManager()

    class Meta:
        db_table = "spindles"
        verbose_name = "spindle"
        ordering = ["-updated_at", "-id"]
        default_manager_name = "all_objects"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                condition=Q(deleted_at=None),
                name="spindles_slug",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-updated_at", "-id"],
                condition=Q(deleted_at=None),
                name="spindles_newest",
            ),
            models.Index(fields=["organization", "status"], name="spindles_status"),
            models.Index(fields=["organization", "spindle_type"], name="spindles_type"),
            GinIndex(fields=["tags"], name="spindles_tags"),
            GinIndex(
                fields=["dangling_references"],
                condition=~Q(dangling_references=[]),
                name="spindles_dangling",
            ),
        ]
        triggers = [
            Audited(entity="spindle_id", ignored=["dangling_references", "consecutive_failures"])
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class SpindleVersion(VersionSnapshot):
    """A spindle as it was published, and the plan that it compiles to."""

    entity = models.ForeignKey(Spindle, models.CASCADE, related_name="versions")
    plan = models.ForeignKey(StoredPlan, models.PROTECT, related_name="+")

    class Meta:
        db_table = "spindle_versions"
        verbose_name = "spindle version"
        ordering = ["-major", "-minor", "-patch"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "major", "minor", "patch"], name="spindle_versions_number"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update),
            Audited(entity="entity_id"),
        ]
