"""The columns of an SOP in a table of their own, made by `benchmarks.stack`."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


def default_position() -> dict[str, float]:
    """Return the origin."""
    return {"x": 0, "y": 0}


class Document(models.Model):
    """A document with everything an SOP's row has."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_column="sop_id")
    organization_id = models.UUIDField(default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField(null=True, editable=False)
    title = models.CharField(max_length=255)
    content = models.TextField()
    summary = models.TextField(null=True, blank=True)
    category = models.CharField(max_length=100, null=True, blank=True)
    author = models.CharField(max_length=255, null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    search_keywords = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    keywords_extracted = models.BooleanField(default=False, editable=False)
    aliases = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    reference_keys = ArrayField(models.TextField(), default=list, editable=False)
    content_type = models.CharField(max_length=20, default="procedure")
    complexity = models.CharField(max_length=20, null=True, blank=True)
    audience = models.TextField(null=True, blank=True)
    prerequisites = ArrayField(models.UUIDField(), default=list, blank=True)
    searchable = models.BooleanField(default=True)
    version = models.CharField(max_length=50, default="1.0.0", editable=False)
    published_version = models.CharField(max_length=50, null=True, editable=False)
    version_count = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(max_length=20, default="draft", editable=False)
    read_time = models.PositiveIntegerField(default=0, editable=False)
    node_position = models.JSONField(default=default_position, blank=True)
    node_metadata = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    permissions = models.JSONField(default=dict, blank=True)
    source_path = models.CharField(max_length=500, null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_viewed_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["Document"]] = models.Manager()

    class Meta:
        managed = False
        db_table = "benchmark_documents"
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class Process(models.Model):
    """A drawn process with what a function model's row shows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_column="model_id")
    name = models.CharField(max_length=100)
    description = models.TextField(null=True, blank=True)
    process_type = models.CharField(max_length=100, null=True, blank=True)
    complexity_level = models.CharField(max_length=20, null=True, blank=True)
    estimated_duration = models.PositiveIntegerField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    permissions = models.JSONField(default=dict, blank=True)
    ai_agent_config = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    version = models.CharField(max_length=50, default="1.0.0", editable=False)
    status = models.CharField(max_length=20, default="draft", editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    nodes_data = models.JSONField(default=list, blank=True)
    edges_data = models.JSONField(default=list, blank=True)
    viewport_data = models.JSONField(default=dict, blank=True)
    document_data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["Process"]] = models.Manager()

    class Meta:
        managed = False
        db_table = "benchmark_models"
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Event(models.Model):
    """What happened to a row."""

    type = models.CharField(max_length=100)
    entity_id = models.UUIDField()
    data = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Event"]] = models.Manager()

    class Meta:
        managed = False
        db_table = "benchmark_events"

    def __str__(self) -> str:
        """Return the type."""
        return self.type


class Audit(models.Model):
    """What a change made of the values of a row."""

    table_name = models.CharField(max_length=100)
    record_id = models.UUIDField()
    old_values = models.JSONField(encoder=DjangoJSONEncoder)
    new_values = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Audit"]] = models.Manager()

    class Meta:
        managed = False
        db_table = "benchmark_audits"

    def __str__(self) -> str:
        """Return the table."""
        return self.table_name
