"""What nodes have been told beyond one run."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('function_models', '0005_exchange'),
    ]

    operations = [
        migrations.CreateModel(
            name='LastingContext',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('session_id', models.CharField(blank=True, max_length=128)),
                ('node_id', models.CharField(max_length=255)),
                ('content', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lasting_contexts', to='function_models.functionmodel')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name': 'lasting context',
                'db_table': 'function_model_contexts',
                'ordering': ['entity', 'session_id', 'node_id'],
                'constraints': [models.UniqueConstraint(fields=('entity', 'session_id', 'node_id'), name='function_model_contexts_node')],
            },
        ),
        tenant_policy("function_model_contexts"),
    ]
