"""What a reader has to know of an entity before its body, asked while the tenant is entered.

`look_ahead` returns the named columns of a living entity of the organisation, and which entities of
other features the graph links with it, as `node_links.graph.linked_entities` does. It is called in
the statement that enters the tenant, so it costs no round trip; being PL/pgSQL it keeps its plans.
"""

from django.db import migrations

# SECURITY INVOKER (the default): the function sees what the policies let its caller see. Names are
# quoted by `format` and by `regclass`.
CREATE = """
CREATE FUNCTION look_ahead(
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
        WHERE EXISTS (SELECT FROM node_metadata n WHERE n.metadata_id = link.source_id
                      AND n.organization_id = of_organization AND n.deleted_at IS NULL)
          AND EXISTS (SELECT FROM node_metadata n WHERE n.metadata_id = link.target_id
                      AND n.organization_id = of_organization AND n.deleted_at IS NULL)
        GROUP BY other_feature
    ) found;
    RETURN NEXT;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("node_links", "0016_replays_and_retention")]

    operations = [
        migrations.RunSQL(
            CREATE, "DROP FUNCTION look_ahead(uuid, text, regclass, text, uuid, text[])"
        )
    ]
