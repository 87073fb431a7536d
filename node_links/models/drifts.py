"""Links whose target is no longer what was linked."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organization
from node_links.choices import BreakReason, DriftStatus
from node_links.models.links import NodeLink


class LinkDrift(models.Model):
    """What is wrong with a link's version pin at present; a link with which all is well has no row.

    Written by comparing a link with its target, never by hand. A drifted link is pinned to
    `from_version` while `to_version` is live: `versions_behind` published versions further on,
    `bump` naming the greatest part of the number that differs. A broken one has a `reason`.
    """

    # The database itself cascades: links are also deleted by statements that Django does not see.
    link = models.OneToOneField(
        NodeLink,
        models.DO_NOTHING,
        primary_key=True,
        related_name="drift",
        db_constraint=False,
    )
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    status = models.CharField(max_length=10, choices=DriftStatus)
    reason = models.CharField(max_length=20, choices=BreakReason, null=True)
    from_version = models.CharField(max_length=50)
    to_version = models.CharField(max_length=50, null=True)
    bump = models.CharField(max_length=10, null=True)
    versions_behind = models.PositiveIntegerField(null=True)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "link_drifts"
        verbose_name = "drifted link"
        ordering = ["-since", "-link"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=DriftStatus.DRIFTED, reason=None, to_version__isnull=False)
                | Q(status=DriftStatus.BROKEN, reason__isnull=False),
                name="link_drifts_complete",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "status", "since"], name="link_drifts_list")
        ]

    def __str__(self) -> str:
        """Return the link and what became of it."""
        return f"{self.link_id}: {self.status}"
