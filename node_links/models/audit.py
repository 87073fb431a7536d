"""The audit trail: who changed which row when, written by triggers, kept for a year."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import AuditOperation
from node_links.querysets import AuditQuerySet


class AuditLog(models.Model):
    """One change of one row, or one look at it that is on record.

    `old_data` and `new_data` are the whole row; INSERT has only the new one, DELETE only the old
    one. `model_id` is the entity whose trail the row belongs to. The id is a UUIDv7 made from
    `changed_at` to the microsecond, so that its order is that of time. Append-only: a trigger
    refuses UPDATE, and DELETE outside of the function `cleanup_audit_logs`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="audit_id")
    organization = models.ForeignKey(
        Organization,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    table_name = models.CharField("table", max_length=63)
    operation = models.CharField(max_length=10, choices=AuditOperation)
    record_id = models.TextField("row")
    old_data = models.JSONField(null=True)
    new_data = models.JSONField(null=True)
    changed_fields = ArrayField(models.TextField(), default=list)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_column="changed_by",
        db_index=False,
        db_constraint=False,
    )
    changed_at = models.DateTimeField(auto_now_add=True)
    event_type = models.CharField(max_length=100, null=True)
    event_data = models.JSONField(null=True)
    execution_id = models.UUIDField(null=True)
    model_id = models.UUIDField("entity", null=True)
    request_id = models.CharField(max_length=128, null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        db_table = "audit_logs"
        verbose_name = "audit record"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["organization", "id"], name="audit_logs_newest"),
            models.Index(fields=["organization", "record_id", "id"], name="audit_logs_record"),
            models.Index(fields=["organization", "changed_by", "id"], name="audit_logs_person"),
            models.Index(fields=["organization", "request_id"], name="audit_logs_request"),
            models.Index(
                fields=["organization", "model_id", "id"],
                condition=Q(model_id__isnull=False),
                name="audit_logs_entity",
            ),
            models.Index(
                fields=["organization", "execution_id"],
                condition=Q(execution_id__isnull=False),
                name="audit_logs_execution",
            ),
        ]

    def __str__(self) -> str:
        """Return what was done to which row."""
        return f"{self.operation} {self.table_name} {self.record_id}"
