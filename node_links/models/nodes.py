"""The node table: one row for each entity and one for each node drawn inside it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import FeatureType
from node_links.querysets import NodeQuerySet


class NodeMetadata(models.Model):
    """A node of the graph, addressed by (feature_type, entity_id, node_id).

    `node_id` is null for the entity itself. Rows are kept in step with the entity by the diffing
    sync in `services/nodes/syncing.py`, in the entity's transaction. `deleted_at` follows the
    entity's. `content_hash` covers what is searched; `text_length` is its weighted length in
    lexemes.

    The `given_` columns hold what people set on the node itself, beside what its entity says; the
    sync never writes them. `visual_properties`, `metadata` and `search_keywords` are both together.
    `vector_given_for` is the `content_hash` of the text that somebody gave the vector for; null
    where the platform computed it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="metadata_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    feature_type = models.CharField(max_length=50, choices=FeatureType)
    entity_id = models.UUIDField()
    node_id = models.CharField(max_length=255, null=True)
    node_type = models.CharField(max_length=50)
    name = models.CharField(max_length=255, blank=True)
    position_x = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    position_y = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    searchable = models.BooleanField(default=True)
    search_text = models.TextField(blank=True, help_text="Summary of what the node says.")
    search_keywords = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    text_length = models.FloatField(default=0)
    vector_embedding = VectorField(null=True, editable=False)
    embedding_model = models.CharField(max_length=100, blank=True)
    dimensions = models.PositiveSmallIntegerField(null=True)
    in_vector_index = models.BooleanField(default=False, editable=False)
    vector_given_for = models.CharField(max_length=64, null=True, editable=False)

    ai_agent_config = models.JSONField(null=True, blank=True)
    visual_properties = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    given_visual_properties = models.JSONField(default=dict, db_default={}, blank=True)
    given_metadata = models.JSONField(default=dict, db_default={}, blank=True)
    given_keywords = ArrayField(
        models.CharField(max_length=50), default=list, db_default=[], blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    objects = NodeQuerySet.as_manager()

    class Meta:
        db_table = "node_metadata"
        verbose_name = "node"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["feature_type", "entity_id", "node_id"],
                nulls_distinct=False,
                name="node_metadata_address",
            ),
            models.CheckConstraint(
                condition=Q(feature_type__in=FeatureType.values), name="valid_feature_type"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "feature_type", "id"],
                include=["text_length", "entity_id"],
                condition=Q(deleted_at=None, searchable=True),
                name="node_metadata_searchable",
            ),
            models.Index(
                fields=["organization", "feature_type", "node_type"], name="node_metadata_type"
            ),
            models.Index(fields=["organization", "entity_id"], name="node_metadata_entity"),
            # The deleted are few: a step along the links leaves them out by this alone.
            models.Index(
                fields=["organization", "entity_id"],
                condition=Q(node_id=None, deleted_at__isnull=False),
                name="node_metadata_deleted",
            ),
            models.Index(
                fields=["embedding_model", "dimensions", "organization", "in_vector_index"],
                name="node_metadata_model",
            ),
            models.Index(
                fields=["organization", "-updated_at", "-id"],
                condition=Q(deleted_at=None),
                name="node_metadata_newest",
            ),
        ]

    def __str__(self) -> str:
        """Return the name and the address."""
        inner = f"/{self.node_id}" if self.node_id else ""
        return f"{self.name or self.node_type} ({self.feature_type}:{self.entity_id}{inner})"
