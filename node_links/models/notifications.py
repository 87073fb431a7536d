"""What people are told, in the product and by e-mail, and of what they want to hear."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.auditing import Audited
from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import MailStatus, NotificationChannel
from node_links.querysets import NotificationQuerySet


class Notification(models.Model):
    """One person told of one event through one channel.

    An e-mail waits (`pending`) until `not_before`; a run that claims it moves that moment on, so
    that the row comes back by itself should the run die. `url` is a path below the installation's
    public address.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid7, editable=False, db_column="notification_id"
    )
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, choices=NotificationChannel)
    event_id = models.UUIDField()
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField("address", max_length=500, blank=True)
    feature_type = models.CharField(max_length=50)
    entity_id = models.UUIDField()
    status = models.CharField("mail", max_length=10, choices=MailStatus, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "user", "channel"], name="notifications_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "user", "-id"],
                condition=Q(channel=NotificationChannel.IN_APP),
                name="notifications_inbox",
            ),
            models.Index(
                fields=["organization", "user", "kind", "entity_id"],
                condition=Q(channel=NotificationChannel.EMAIL),
                name="notifications_gathered",
            ),
            models.Index(
                fields=["not_before"],
                condition=Q(status=MailStatus.PENDING),
                name="notifications_due",
            ),
        ]

    def __str__(self) -> str:
        """Return what is told."""
        return self.title


class NotificationPreference(models.Model):
    """Whether a person wants a kind of notice through a channel; without a row the kind decides."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, choices=NotificationChannel)
    enabled = models.BooleanField()

    class Meta:
        db_table = "notification_preferences"
        triggers = [Audited()]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "kind", "channel"],
                name="notification_preferences_once",
            )
        ]

    def __str__(self) -> str:
        """Return what is wanted or not."""
        return f"{self.kind} {self.channel}: {'on' if self.enabled else 'off'}"
