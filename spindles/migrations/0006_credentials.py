"""Credentials, behind the wall between organisations."""

import config.ids
import config.secrets
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('spindles', '0005_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.UUIDField(db_column='credential_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('bearer', 'Bearer token'), ('basic', 'User and password'), ('header', 'A header of its own')], max_length=10)),
                ('username', models.CharField(blank=True, max_length=255)),
                ('header', models.CharField(blank=True, max_length=100)),
                ('hosts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, default=list, size=None)),
                ('description', models.CharField(blank=True, max_length=500)),
                ('secret', config.secrets.EncryptedTextField()),
                ('rotated_at', models.DateTimeField(null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'db_table': 'credentials',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='credentials_name')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='credential',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'credential_id', NULL, ARRAY['secret']::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='816c9ea66ecaa273dc47912575fc9a200b1817bd', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_6f438', table='credentials', when='AFTER')),
        ),
        tenant_policy("credentials"),
    ]
