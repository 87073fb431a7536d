"""Statements that took too long or came too often, one row per shape of statement."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SlowQuery(models.Model):
    """One statement, told apart by its normalised text; values of parameters are never kept.

    `count` says how often it was slow, `repeated` how many times at most one request sent it: a
    statement may be here for either reason. `plan` is PostgreSQL's generic plan as JSON, null where
    it could not be had; `suggestions` holds `{kind, message, sql}` objects.
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    sql = models.TextField()
    count = models.PositiveBigIntegerField(default=0)
    max_ms = models.FloatField(default=0)
    total_ms = models.FloatField(default=0)
    last_ms = models.FloatField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    parameter_types = ArrayField(models.TextField(), default=list)
    plan = models.JSONField(null=True)
    suggestions = models.JSONField(default=list)
    request_ids = ArrayField(models.TextField(), default=list)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        db_table = "slow_queries"
        ordering = ("-max_ms", "id")
        verbose_name_plural = "slow queries"

    def __str__(self) -> str:
        return self.sql[:80]

    @property
    def mean_ms(self) -> float:
        """Mean duration of the slow runs in milliseconds; 0 where it was never slow."""
        return self.total_ms / self.count if self.count else 0.0
