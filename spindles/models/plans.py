"""Plans as they are stored."""

import pgtrigger
from django.db import models

from accounts.models import Organization
from config.ids import uuid7


class StoredPlan(models.Model):
    """A plan that some version compiles to; equal plans of an organisation share a row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="plan_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    checksum = models.CharField(max_length=64)
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager["StoredPlan"]()

    class Meta:
        db_table = "plans"
        verbose_name = "plan"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "checksum"], name="plans_checksum")
        ]
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        """Return the beginning of the checksum."""
        return self.checksum[:12]
