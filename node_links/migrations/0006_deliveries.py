"""What subscribers still have to hear, and what they refused."""

import config.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_enter_member'),
        ('node_links', '0010_sagas'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', models.UUIDField(db_column='dead_letter_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subscriber', models.CharField(max_length=100)),
                ('error', models.TextField()),
                ('tries', models.PositiveIntegerField()),
                ('first_failed_at', models.DateTimeField()),
                ('last_failed_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('retried', 'Retried'), ('discarded', 'Discarded')], default='open', max_length=20)),
                ('reason', models.TextField(blank=True)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='node_links.nodeevent')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.organization')),
                ('resolved_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'dead letter',
                'db_table': 'dead_letters',
                'ordering': ['-last_failed_at', '-id'],
                'indexes': [models.Index(fields=['organization', 'status', 'last_failed_at'], name='dead_letters_list')],
                'constraints': [models.UniqueConstraint(fields=('subscriber', 'event'), name='dead_letters_once')],
            },
        ),
        migrations.CreateModel(
            name='EventDelivery',
            fields=[
                ('id', models.UUIDField(db_column='delivery_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subscriber', models.CharField(max_length=100)),
                ('feature_type', models.CharField(max_length=50)),
                ('entity_id', models.UUIDField()),
                ('sequence', models.PositiveBigIntegerField()),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('delivered', 'Delivered'), ('dead', 'Dead'), ('discarded', 'Discarded')], default='pending', max_length=20)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('replayed', models.BooleanField(default=False)),
                ('last_error', models.TextField(blank=True)),
                ('first_failed_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('delivered_at', models.DateTimeField(null=True)),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='node_links.nodeevent')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'db_table': 'event_deliveries',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('status', 'pending')), fields=['subscriber', 'not_before', 'event'], name='event_deliveries_due'), models.Index(condition=models.Q(('status__in', ['pending', 'dead'])), fields=['subscriber', 'organization', 'feature_type', 'entity_id', 'sequence'], name='event_deliveries_order'), models.Index(condition=models.Q(('status', 'delivered')), fields=['delivered_at'], name='event_deliveries_done'), models.Index(fields=['organization', 'created_at'], name='event_deliveries_tenant')],
                'constraints': [models.UniqueConstraint(fields=('subscriber', 'event'), name='event_deliveries_once')],
            },
        ),
        tenant_policy("event_deliveries"),
        tenant_policy("dead_letters"),
    ]
