"""What organisations publish themselves: their types of events, and the keys against doubles."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7


class CustomEventType(models.Model):
    """One version of an organisation's own type of event. A change is a new version.

    `schema` is the JSON Schema (2020-12) of the events' data.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="type_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    schema = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "event_types"
        verbose_name = "event type"
        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name", "version"], name="event_types_version"
            )
        ]
        triggers = [
            Audited(),
            pgtrigger.ReadOnly(
                name="immutable", fields=["organization", "name", "version", "schema"]
            ),
        ]

    def __str__(self) -> str:
        """Return name and version."""
        return f"{self.name} {self.version}"


class DedupKey(models.Model):
    """A key under which an event was published a moment ago.

    Its unique row also puts publications of the same event in order that arrive together.
    """

    pk = models.CompositePrimaryKey("organization_id", "key")
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=300)
    event_id = models.UUIDField()
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_dedup_keys"
        indexes = [models.Index(fields=["organization", "published_at"], name="event_dedup_age")]

    def __str__(self) -> str:
        """Return the key."""
        return self.key
