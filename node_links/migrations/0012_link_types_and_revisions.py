"""Which way a change travels, which pairs a type allows, and a revision for links and types."""

from django.db import migrations, models

# The owner of the tables is bound by their policies as well, so the platform's role is taken on.
FILL = """
SELECT set_config('app.role', 'operator', true);
UPDATE node_link_types SET change_travels = CASE type_name
    WHEN 'triggers' THEN 'both' ELSE 'source_to_target' END
WHERE organization_id IS NULL AND type_name IN ('supports', 'produces', 'triggers');
SELECT set_config('app.role', '', true);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('node_links', '0011_audited_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='nodelink',
            name='revision',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='allowed_pairs',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='change_travels',
            field=models.CharField(choices=[('target_to_source', 'From target to source'), ('source_to_target', 'From source to target'), ('both', 'Both ways')], db_default='target_to_source', default='target_to_source', max_length=20),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='revision',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddConstraint(
            model_name='nodelinktype',
            constraint=models.CheckConstraint(condition=models.Q(('change_travels__in', ['target_to_source', 'source_to_target', 'both'])), name='valid_change_travels'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
