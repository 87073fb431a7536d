"""Credentials: what steps show to services outside, known to authors by name only."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from config.secrets import EncryptedTextField
from spindles.choices import CredentialKind


class Credential(models.Model):
    """A secret of the organisation for services outside.

    It goes out as a header: `bearer` and `basic` as Authorization (`basic` with `username`),
    `header` under the name in `header`. With `hosts` it goes to these alone; `*.example.com` means
    everything below that name.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid7, editable=False, db_column="credential_id"
    )
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=CredentialKind)
    username = models.CharField(max_length=255, blank=True)
    header = models.CharField(max_length=100, blank=True)
    hosts = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    description = models.CharField(max_length=500, blank=True)
    secret = EncryptedTextField()
    rotated_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = models.Manager["Credential"]()

    class Meta:
        db_table = "credentials"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="credentials_name")
        ]
        triggers = [Audited(secret=["secret"])]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
