"""Sagas: work in several transactions, stored before it runs (Garcia-Molina and Salem, 1987)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import SagaStatus, SagaStepStatus

UNFINISHED = (SagaStatus.PENDING, SagaStatus.RUNNING, SagaStatus.COMPENSATING)
DONE = (SagaStatus.COMPLETED, SagaStatus.COMPENSATED)
"""Ends that nobody has to look after; a saga that failed is kept."""


class Saga(models.Model):
    """One run of a saga's definition, with who started it and how far it is.

    Whoever runs it holds it until `lease_until`; each taking over raises `fencing_token`, so that
    one who was believed dead and is not can write no more. `error` is what made it turn back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="saga_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=SagaStatus, default=SagaStatus.PENDING)
    payload = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    role = models.CharField(max_length=20, help_text="The role in which it was started.")
    correlation_id = models.CharField(max_length=128, null=True)
    lease_until = models.DateTimeField()
    fencing_token = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sagas"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "status", "created_at"], name="sagas_status"),
            # Across organisations: the questions of the sweeper and of the gauge.
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=(*UNFINISHED, SagaStatus.FAILED)),
                name="sagas_unfinished",
            ),
            models.Index(fields=["finished_at"], condition=Q(status__in=DONE), name="sagas_done"),
        ]

    def __str__(self) -> str:
        """Return what it is and how far."""
        return f"{self.name} {self.id} ({self.status})"

    @property
    def actor(self) -> Actor:
        """In whose name the steps run."""
        return Actor(self.created_by_id, self.organization_id, self.role)


class SagaStep(models.Model):
    """One step of a saga: what it was given, what it answered, how it was undone.

    `tries` counts the beginnings of the action, `compensation_tries` those of the compensation.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="step_id")
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, editable=False
    )
    saga = models.ForeignKey(Saga, models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    payload = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=20, choices=SagaStepStatus, default=SagaStepStatus.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    compensation_tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    compensation_error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    compensated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "saga_steps"
        ordering = ["saga", "position"]
        constraints = [
            models.UniqueConstraint(fields=["saga", "position"], name="saga_steps_place"),
            models.UniqueConstraint(fields=["saga", "name"], name="saga_steps_name"),
        ]

    def __str__(self) -> str:
        """Return place, name and state."""
        return f"{self.position}. {self.name} ({self.status})"
