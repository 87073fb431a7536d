"""Notices to people and what they want to hear of, behind walls of organisation and person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import config.ids
from accounts.rls import OF_TENANT_AND_OWN, tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_enter_member"),
        ("node_links", "0008_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_column="notification_id",
                        default=config.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=50)),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In the product"), ("email", "E-mail")], max_length=10
                    ),
                ),
                ("event_id", models.UUIDField()),
                ("title", models.CharField(max_length=300)),
                ("body", models.TextField(blank=True)),
                ("url", models.CharField(blank=True, max_length=500, verbose_name="address")),
                ("feature_type", models.CharField(max_length=50)),
                ("entity_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[("pending", "Pending"), ("sent", "Sent"), ("failed", "Failed")],
                        max_length=10,
                        verbose_name="mail",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "notifications",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("channel", "in_app")),
                        fields=["organization", "user", "-id"],
                        name="notifications_inbox",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "email")),
                        fields=["organization", "user", "kind", "entity_id"],
                        name="notifications_gathered",
                    ),
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["not_before"],
                        name="notifications_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event_id", "user", "channel"), name="notifications_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=50)),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In the product"), ("email", "E-mail")], max_length=10
                    ),
                ),
                ("enabled", models.BooleanField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "notification_preferences",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "user", "kind", "channel"),
                        name="notification_preferences_once",
                    )
                ],
            },
        ),
        tenant_policy("notifications", read=OF_TENANT_AND_OWN, write=OF_TENANT_AND_OWN),
        tenant_policy("notification_preferences", read=OF_TENANT_AND_OWN, write=OF_TENANT_AND_OWN),
    ]
