"""How a link came by its strength."""

import pgtrigger
from django.conf import settings
from django.db import models

from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import MetricsSource
from node_links.models.links import NodeLink


class LinkStrengthCalculation(models.Model):
    """One calculation of a link's strength: the metrics, the bonuses and the outcome, for good.

    `source` says whether the metrics were sent or gathered here; where the base was changed, those
    of the calculation before were used again. Like events, calculations outlive their link: one
    that is put back with its id has its history again.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid7, editable=False, db_column="calculation_id"
    )
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    link = models.ForeignKey(
        NodeLink,
        models.DO_NOTHING,
        related_name="strength_calculations",
        db_index=False,
        db_constraint=False,
    )
    source = models.CharField(max_length=10, choices=MetricsSource)
    interaction_frequency = models.FloatField()
    semantic_similarity = models.FloatField()
    context_relevance = models.FloatField()
    base_strength = models.DecimalField(max_digits=5, decimal_places=4)
    frequency_bonus = models.DecimalField(max_digits=5, decimal_places=4)
    semantic_bonus = models.DecimalField(max_digits=5, decimal_places=4)
    context_bonus = models.DecimalField(max_digits=5, decimal_places=4)
    final_strength = models.DecimalField(max_digits=5, decimal_places=4)
    calculated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "link_strength_calculations"
        verbose_name = "strength calculation"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["organization", "link", "-id"], name="link_strengths_of_link")
        ]
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        """Return the link and its strength."""
        return f"{self.link_id}: {self.final_strength}"
