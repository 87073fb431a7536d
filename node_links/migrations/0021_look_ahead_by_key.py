"""`look_ahead` finds the ends of links by their keys, whatever PostgreSQL knows of the tables.

As a join it was free to begin with the nodes of the whole organisation, and did so while nothing
had been counted yet: after a large import, until the next ANALYZE, every read went through them.
"""

from importlib import import_module

from django.db import migrations

before = import_module("node_links.migrations.0017_look_ahead")

# A scalar subquery is not turned into a join, and a condition that is selected asks for no index
# but that of the key.
CREATE = """
CREATE OR REPLACE FUNCTION look_ahead(
    of_organization uuid, feature text, entities regclass, key_column text, wanted uuid,
    columns text[]
) RETURNS TABLE (head jsonb, linked jsonb) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    EXECUTE format(
        'SELECT to_jsonb(r) FROM (SELECT %s FROM %s WHERE %I = $1 AND organization_id = $2'
        ' AND deleted_at IS NULL) r',
        (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c), entities, key_column
    ) INTO head USING wanted, of_organization;
    IF head IS NULL THEN
        RETURN;
    END IF;
    SELECT jsonb_object_agg(found.other_feature, found.others) INTO linked FROM (
        SELECT other_feature, jsonb_agg(DISTINCT other) AS others FROM (
            SELECT target_feature AS other_feature, target_entity_id AS other, source_id, target_id
              FROM node_links
             WHERE organization_id = of_organization AND source_feature = feature
               AND source_entity_id = wanted AND target_feature <> feature
            UNION ALL
            SELECT source_feature, source_entity_id, source_id, target_id
              FROM node_links
             WHERE organization_id = of_organization AND target_feature = feature
               AND target_entity_id = wanted AND source_feature <> feature
        ) link
        WHERE (SELECT n.organization_id = of_organization AND n.deleted_at IS NULL
                 FROM node_metadata n WHERE n.metadata_id = link.source_id)
          AND (SELECT n.organization_id = of_organization AND n.deleted_at IS NULL
                 FROM node_metadata n WHERE n.metadata_id = link.target_id)
        GROUP BY other_feature
    ) found;
    RETURN NEXT;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("node_links", "0020_postings_without_constraints")]

    operations = [
        migrations.RunSQL(
            CREATE, before.CREATE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        )
    ]
