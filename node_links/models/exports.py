"""Exports: files that somebody asked for, kept for some days."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import ExportStatus
from node_links.querysets import ExportQuerySet

UNFINISHED = (ExportStatus.QUEUED, ExportStatus.RUNNING)


class Export(models.Model):
    """An export and its file. `entity_ids` null asks for everything; `file` is a name in the
    default storage, empty until the export is completed. From `expires_at` on nobody gets it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="export_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=50)
    format = models.CharField(max_length=50)
    entity_ids = ArrayField(models.UUIDField(), null=True)
    status = models.CharField(max_length=20, choices=ExportStatus, default=ExportStatus.QUEUED)
    file = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(null=True, help_text="Of the file, in bytes.")
    count = models.PositiveIntegerField(null=True, help_text="How many entities the file holds.")
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "exports"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="exports_list"),
            # Across organisations: the questions of the sweep and of the night.
            models.Index(
                fields=["updated_at"],
                condition=Q(status__in=UNFINISHED),
                name="exports_unfinished",
            ),
            models.Index(fields=["expires_at"], name="exports_expiry"),
        ]
        triggers = [
            # Who asked for what is on record; how it goes on is not.
            Audited(
                ignored=["status", "file", "size", "count", "error", "finished_at", "expires_at"]
            )
        ]

    def __str__(self) -> str:
        """Return what it holds."""
        return f"{self.kind} as {self.format}"

    @property
    def is_available(self) -> bool:
        """Whether the file can be had now."""
        return bool(self.file) and self.expires_at is not None and self.expires_at > timezone.now()
