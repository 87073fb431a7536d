"""Event types of organisations' own, keys against doubles, and indexes for a very long history."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models
from django.db.models.functions import Now

import config.ids
from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("node_links", "0004_search_indexes"),
        ("accounts", "0004_enter_member"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomEventType",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_column="type_id",
                        default=config.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("version", models.PositiveSmallIntegerField()),
                ("schema", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                "verbose_name": "event type",
                "db_table": "event_types",
                "ordering": ["name", "version"],
            },
        ),
        migrations.AddConstraint(
            model_name="customeventtype",
            constraint=models.UniqueConstraint(
                fields=("organization", "name", "version"), name="event_types_version"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customeventtype",
            trigger=pgtrigger.compiler.Trigger(
                name="immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."schema" IS DISTINCT FROM (NEW."schema"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="92ce36e72c3ca19a899cdd757ad8568e98a5762c",
                    operation="UPDATE",
                    pgid="pgtrigger_immutable_70122",
                    table="event_types",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="DedupKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(max_length=300)),
                ("event_id", models.UUIDField()),
                ("published_at", models.DateTimeField(db_default=Now())),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={"db_table": "event_dedup_keys"},
        ),
        migrations.AddIndex(
            model_name="dedupkey",
            index=models.Index(fields=["organization", "published_at"], name="event_dedup_age"),
        ),
        tenant_policy("event_types"),
        tenant_policy("event_dedup_keys"),
        migrations.RemoveIndex(model_name="nodeevent", name="node_events_type"),
        migrations.AddIndex(
            model_name="nodeevent",
            index=models.Index(
                fields=["organization", "event_type", "timestamp"], name="node_events_type"
            ),
        ),
        migrations.AddIndex(
            model_name="nodeevent",
            index=models.Index(
                fields=["organization", "correlation_id", "timestamp"],
                condition=models.Q(correlation_id__isnull=False),
                name="node_events_correlation",
            ),
        ),
        migrations.AddIndex(
            model_name="nodeevent",
            index=models.Index(
                fields=["organization", "execution_id", "timestamp"],
                condition=models.Q(execution_id__isnull=False),
                name="node_events_execution",
            ),
        ),
        migrations.AddIndex(
            model_name="nodeevent",
            index=BrinIndex(
                fields=["timestamp"], autosummarize=True, name="node_events_time_brin"
            ),
        ),
    ]
