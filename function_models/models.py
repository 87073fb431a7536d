"""Function models and their published versions."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from function_models.canvas.document import Canvas, Known, parse_canvas
from function_models.choices import ComplexityLevel
from function_models.querysets import AllFunctionModelsManager, FunctionModelQuerySet
from node_links.choices import FeatureType
from node_links.models import CANVAS_FIELDS, CanvasEntity, VersionSnapshot, document_of
from node_links.querysets import LivingManager

__all__ = ["CANVAS_FIELDS", "FunctionModel", "FunctionModelVersion", "document_of"]


class FunctionModel(CanvasEntity):
    """A process, drawn as containers with actions inside them.

    One row is the working copy; what was published stands in `versions`. The names of tables and
    columns are those of seed document 001, section 1.3.
    """

    feature_type: ClassVar[str] = FeatureType.FUNCTION_MODEL
    event_prefix: ClassVar[str] = "FunctionModel"
    snapshot_fields: ClassVar[tuple[str, ...]] = (
        "name",
        "description",
        "process_type",
        "complexity_level",
        "estimated_duration",
        "tags",
        "metadata",
        "ai_agent_config",
        "context",
        "nodes_data",
        "edges_data",
        "viewport_data",
        "document_data",
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="model_id")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="user_id"
    )
    name = models.CharField(max_length=100)
    process_type = models.CharField(max_length=100, null=True, blank=True)
    complexity_level = models.CharField(
        max_length=20, choices=ComplexityLevel, null=True, blank=True
    )
    estimated_duration = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long one run takes, in seconds."
    )
    current_version = models.GeneratedField(
        expression=ExpressionWrapper(F("version"), output_field=models.CharField()),
        output_field=models.CharField(max_length=50),
        db_persist=True,
    )
    ai_agent_config = models.JSONField(default=dict, blank=True)
    context = models.JSONField(
        default=dict, blank=True, help_text="What the model itself tells its nodes."
    )
    dangling_references = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        editable=False,
        help_text="What actions refer to and was not there when they were saved: feature:id.",
    )
    external_id = models.CharField(
        max_length=500,
        null=True,
        editable=False,
        help_text="What it was called where it was imported from; importing that again updates it.",
    )
    last_saved_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    archive_reason = models.CharField(max_length=2000, null=True, editable=False)
    deletion_reason = models.CharField(max_length=2000, null=True, editable=False)
    retention_days = models.PositiveIntegerField(null=True, editable=False)
    review_at = models.DateTimeField(null=True, editable=False)
    hard_delete_at = models.DateTimeField(null=True, editable=False)

    objects = LivingManager.from_queryset(FunctionModelQuerySet)()
    all_objects: ClassVar["AllFunctionModelsManager[FunctionModel]"] = AllFunctionModelsManager()

    class Meta:
        db_table = "function_models"
        verbose_name = "function model"
        ordering = ["-updated_at", "-id"]
        default_manager_name = "all_objects"
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(deleted_at=None),
                name="function_models_name",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-updated_at", "-id"],
                condition=Q(deleted_at=None),
                name="function_models_newest",
            ),
            models.Index(fields=["organization", "status"], name="function_models_status"),
            models.Index(fields=["organization", "process_type"], name="function_models_process"),
            models.Index(
                fields=["hard_delete_at"],
                condition=~Q(hard_delete_at=None),
                name="function_models_retention",
            ),
            models.Index(
                fields=["organization", "external_id"],
                condition=~Q(external_id=None),
                name="function_models_external",
            ),
            GinIndex(fields=["tags"], name="function_models_tags"),
            GinIndex(
                fields=["dangling_references"],
                condition=~Q(dangling_references=[]),
                name="function_models_dangling",
            ),
        ]
        triggers = [Audited(entity="model_id", ignored=["dangling_references"])]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def known_nodes(self) -> Known:
        """The nodes of the drawing with their documents, for reading the next state of it."""
        by_id = self.canvas.by_id
        return {document["id"]: (document, by_id[document["id"]]) for document in self.nodes_data}

    def draw(self, canvas: Canvas) -> None:
        """Take `canvas` as the drawing; nothing is saved."""
        document = canvas.as_document()
        self.nodes_data = document.pop("nodes")
        self.edges_data = document.pop("edges")
        self.viewport_data = document.pop("viewport")
        self.document_data = document
        self.__dict__["_canvas"] = (self.nodes_data, self.edges_data, canvas)

    @property
    def canvas(self) -> Canvas:
        """The drawing, parsed; parsed once for each state of `nodes_data` and `edges_data`."""
        parsed: tuple[Any, Any, Canvas] | None = self.__dict__.get("_canvas")
        if parsed is None or parsed[0] is not self.nodes_data or parsed[1] is not self.edges_data:
            statuses = {node["id"]: node["data"]["status"] for node in self.nodes_data}
            canvas = parse_canvas(self.document, model_id=str(self.pk), statuses=statuses)
            parsed = self.__dict__["_canvas"] = (self.nodes_data, self.edges_data, canvas)
        return parsed[2]


class FunctionModelVersion(VersionSnapshot):
    """A function model as it was published."""

    entity = models.ForeignKey(FunctionModel, models.CASCADE, related_name="versions")

    class Meta:
        db_table = "function_model_versions"
        verbose_name = "function model version"
        ordering = ["-major", "-minor", "-patch"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "version"], name="function_model_versions_number"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update),
            Audited(entity="entity_id"),
        ]


class LastingContext(models.Model):
    """What a node has been told and keeps beyond one run: in the runs of a session, or in all.

    `session_id` is empty for what all runs of the model share (the scope `global`).
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    entity = models.ForeignKey(
        FunctionModel, models.CASCADE, related_name="lasting_contexts", db_index=False
    )
    session_id = models.CharField(max_length=128, blank=True)
    node_id = models.CharField(max_length=255)
    content = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = models.Manager["LastingContext"]()

    class Meta:
        db_table = "function_model_contexts"
        verbose_name = "lasting context"
        ordering = ["entity", "session_id", "node_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "session_id", "node_id"], name="function_model_contexts_node"
            )
        ]

    def __str__(self) -> str:
        """Return its node."""
        return self.node_id
