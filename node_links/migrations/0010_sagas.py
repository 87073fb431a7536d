"""Sagas and their steps, behind the wall between organisations."""

import config.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_enter_member"),
        ("node_links", "0005_event_store"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Saga",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_column="saga_id",
                        default=config.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("compensating", "Compensating"),
                            ("completed", "Completed"),
                            ("compensated", "Compensated"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("payload", models.JSONField(blank=True, default=dict)),
                ("error", models.TextField(blank=True)),
                (
                    "role",
                    models.CharField(help_text="The role in which it was started.", max_length=20),
                ),
                ("correlation_id", models.CharField(max_length=128, null=True)),
                ("lease_until", models.DateTimeField()),
                ("fencing_token", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table": "sagas",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="SagaStep",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_column="step_id",
                        default=config.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=100)),
                ("payload", models.JSONField(blank=True, default=dict)),
                ("result", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("compensating", "Compensating"),
                            ("compensated", "Compensated"),
                            ("compensation_failed", "Compensation Failed"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("compensation_tries", models.PositiveSmallIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("compensation_error", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("compensated_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "saga",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="node_links.saga",
                    ),
                ),
            ],
            options={
                "db_table": "saga_steps",
                "ordering": ["saga", "position"],
            },
        ),
        migrations.AddIndex(
            model_name="saga",
            index=models.Index(
                fields=["organization", "status", "created_at"], name="sagas_status"
            ),
        ),
        migrations.AddIndex(
            model_name="saga",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ("pending", "running", "compensating", "failed"))
                ),
                fields=["lease_until"],
                name="sagas_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="sagastep",
            constraint=models.UniqueConstraint(
                fields=("saga", "position"), name="saga_steps_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="sagastep",
            constraint=models.UniqueConstraint(fields=("saga", "name"), name="saga_steps_name"),
        ),
        tenant_policy("sagas"),
        tenant_policy("saga_steps"),
    ]
