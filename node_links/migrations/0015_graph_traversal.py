"""Stepping along links inside the database, and the indexes that it reads alone."""

from django.db import migrations, models
from django.db.models import Q

STEP = """
CREATE FUNCTION graph_step(
    tenant uuid, frontier uuid[], inner_nodes text[], narrowed boolean, frontier_scores float8[],
    along text[], along_listed boolean, against text[], against_listed boolean,
    with_runtime boolean, critical text[]
) RETURNS TABLE (entity uuid, feature_code int, score float8)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT l.target_entity_id, ascii(l.target_feature),
        coalesce(f.score, 1) * CASE WHEN l.link_type = ANY (critical)
            THEN greatest(l.link_strength::float8, 0.8) ELSE l.link_strength::float8 END
    FROM unnest(frontier, inner_nodes, frontier_scores) AS f (entity, inner_node, score)
    JOIN node_links l ON l.organization_id = tenant AND l.source_entity_id = f.entity
    WHERE along IS NOT NULL AND (l.link_type = ANY (along)) = along_listed
        AND (with_runtime OR l.origin <> 'runtime')
        AND (NOT narrowed OR f.inner_node IS NULL OR l.source_node_id = f.inner_node)
    UNION ALL
    SELECT l.source_entity_id, ascii(l.source_feature),
        coalesce(f.score, 1) * CASE WHEN l.link_type = ANY (critical)
            THEN greatest(l.link_strength::float8, 0.8) ELSE l.link_strength::float8 END
    FROM unnest(frontier, inner_nodes, frontier_scores) AS f (entity, inner_node, score)
    JOIN node_links l ON l.organization_id = tenant AND l.target_entity_id = f.entity
    WHERE against IS NOT NULL AND (l.link_type = ANY (against)) = against_listed
        AND (with_runtime OR l.origin <> 'runtime')
        AND (NOT narrowed OR f.inner_node IS NULL OR l.target_node_id = f.inner_node)
$$
"""

# The nearest `room` entities are told apart by their scores; what lies behind is only counted.
# Plans are made for the arrays at hand: one for any array would be made for ten elements.
REACH = """
CREATE FUNCTION graph_reach(
    tenant uuid, roots uuid[], inner_nodes text[], depth int,
    along text[], along_listed boolean, against text[], against_listed boolean,
    with_runtime boolean, critical text[], room int, most int, seconds float8,
    OUT entities uuid[], OUT feature_codes int[], OUT distances int[], OUT scores float8[],
    OUT reached int, OUT all_codes int[], OUT code_counts bigint[], OUT truncated boolean
) LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    ends timestamptz := clock_timestamp() + make_interval(secs => seconds);
    narrowed boolean := EXISTS (SELECT FROM unnest(inner_nodes) n WHERE n IS NOT NULL);
    seen uuid[] := roots;
    frontier uuid[] := roots;
    frontier_scores float8[];
    fresh uuid[];
    fresh_codes int[];
    counted int[] := '{}';
BEGIN
    entities := '{}'; feature_codes := '{}'; distances := '{}'; scores := '{}';
    truncated := false;
    FOR distance IN 1..depth LOOP
        IF cardinality(seen) - cardinality(roots) > most OR clock_timestamp() > ends THEN
            truncated := true;
            EXIT;
        END IF;
        IF cardinality(entities) < room THEN
            SELECT array_agg(g.entity), array_agg(g.code), array_agg(g.score)
            INTO fresh, fresh_codes, frontier_scores
            FROM (
                SELECT s.entity, min(s.feature_code) AS code, max(s.score) AS score
                FROM graph_step(tenant, frontier, inner_nodes, narrowed, frontier_scores,
                    along, along_listed, against, against_listed, with_runtime, critical) s
                WHERE NOT EXISTS (SELECT FROM unnest(seen) AS o (entity) WHERE o.entity = s.entity)
                GROUP BY s.entity
            ) g
            WHERE NOT EXISTS (
                SELECT FROM node_metadata m
                WHERE m.organization_id = tenant AND m.entity_id = g.entity
                    AND m.node_id IS NULL AND m.deleted_at IS NOT NULL);
            SELECT entities || coalesce(array_agg(t.entity), '{}'),
                feature_codes || coalesce(array_agg(t.code), '{}'),
                scores || coalesce(array_agg(t.score), '{}')
            INTO entities, feature_codes, scores
            FROM (
                SELECT n.entity, n.code, n.score
                FROM unnest(fresh, fresh_codes, frontier_scores) AS n (entity, code, score)
                ORDER BY n.score DESC, n.entity LIMIT room - cardinality(entities)
            ) t;
            distances := distances
                || array_fill(distance, ARRAY[cardinality(entities) - cardinality(distances)]);
        ELSE
            SELECT array_agg(g.entity), array_agg(g.code)
            INTO fresh, fresh_codes
            FROM (
                SELECT DISTINCT s.entity, s.feature_code AS code
                FROM graph_step(tenant, frontier, inner_nodes, narrowed, NULL,
                    along, along_listed, against, against_listed, with_runtime, critical) s
            ) g
            WHERE NOT EXISTS (SELECT FROM unnest(seen) AS o (entity) WHERE o.entity = g.entity)
                AND NOT EXISTS (
                SELECT FROM node_metadata m
                WHERE m.organization_id = tenant AND m.entity_id = g.entity
                    AND m.node_id IS NULL AND m.deleted_at IS NOT NULL);
        END IF;
        EXIT WHEN fresh IS NULL;
        counted := counted || fresh_codes;
        seen := seen || fresh;
        frontier := fresh;
        inner_nodes := NULL;
        narrowed := false;
    END LOOP;
    reached := cardinality(counted);
    truncated := truncated OR reached > cardinality(entities);
    SELECT coalesce(array_agg(c.code), '{}'), coalesce(array_agg(c.number), '{}')
    INTO all_codes, code_counts
    FROM (SELECT code, count(*) AS number FROM unnest(counted) AS u (code) GROUP BY code) c;
END $$
"""

# From both ends in turn, always on the side with fewer entities to step from. The first entity that
# both sides know lies on a shortest path; the way back to either end goes by the strongest link.
# An end that is a node inside an entity is left by its own links only, and no way leads through its
# entity: whoever comes by there has not arrived.
PATH = """
CREATE FUNCTION graph_path(
    tenant uuid, source uuid, source_node text, target uuid, target_node text, depth int,
    along text[], along_listed boolean, against text[], against_listed boolean,
    with_runtime boolean, most int, seconds float8,
    OUT entities uuid[], OUT truncated boolean
) LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    ends timestamptz := clock_timestamp() + make_interval(secs => seconds);
    near uuid[] := CASE WHEN source_node IS NULL THEN ARRAY[source] ELSE '{}' END;
    near_levels int[] := CASE WHEN source_node IS NULL THEN ARRAY[0] ELSE '{}' END;
    near_frontier uuid[] := ARRAY[source];
    near_depth int := 0;
    far uuid[] := CASE WHEN target_node IS NULL THEN ARRAY[target] ELSE '{}' END;
    far_levels int[] := CASE WHEN target_node IS NULL THEN ARRAY[0] ELSE '{}' END;
    far_frontier uuid[] := ARRAY[target];
    far_depth int := 0;
    barred uuid[] := CASE WHEN source_node IS NULL THEN '{}' ELSE ARRAY[source] END
        || CASE WHEN target_node IS NULL THEN '{}' ELSE ARRAY[target] END;
    fresh uuid[];
    meeting uuid;
    place uuid;
BEGIN
    truncated := false;
    IF source = target THEN
        entities := ARRAY[source];
        RETURN;
    END IF;
    IF source_node IS NOT NULL AND target_node IS NOT NULL AND depth > 0 AND EXISTS (
        SELECT FROM node_links l
        WHERE l.organization_id = tenant AND (with_runtime OR l.origin <> 'runtime')
            AND (along IS NOT NULL AND (l.link_type = ANY (along)) = along_listed
                AND l.source_entity_id = source AND l.source_node_id = source_node
                AND l.target_entity_id = target AND l.target_node_id = target_node
            OR against IS NOT NULL AND (l.link_type = ANY (against)) = against_listed
                AND l.source_entity_id = target AND l.source_node_id = target_node
                AND l.target_entity_id = source AND l.target_node_id = source_node))
    THEN
        entities := ARRAY[source, target];
        RETURN;
    END IF;
    WHILE near_depth + far_depth < depth LOOP
        IF cardinality(near) + cardinality(far) > most OR clock_timestamp() > ends THEN
            truncated := true;
            RETURN;
        END IF;
        IF near_depth = 0 AND source_node IS NOT NULL
            OR cardinality(near_frontier) <= cardinality(far_frontier)
                AND NOT (far_depth = 0 AND target_node IS NOT NULL)
        THEN
            SELECT array_agg(g.entity) INTO fresh FROM (
                SELECT DISTINCT s.entity
                FROM graph_step(tenant, near_frontier, ARRAY[source_node],
                    near_depth = 0 AND source_node IS NOT NULL, NULL,
                    along, along_listed, against, against_listed, with_runtime, NULL) s
                WHERE NOT EXISTS (SELECT FROM unnest(near || barred) AS o (entity)
                    WHERE o.entity = s.entity)
            ) g
            WHERE NOT EXISTS (
                SELECT FROM node_metadata m
                WHERE m.organization_id = tenant AND m.entity_id = g.entity
                    AND m.node_id IS NULL AND m.deleted_at IS NOT NULL);
            EXIT WHEN fresh IS NULL;
            near_depth := near_depth + 1;
            near := near || fresh;
            near_levels := near_levels || array_fill(near_depth, ARRAY[cardinality(fresh)]);
            near_frontier := fresh;
            SELECT min(a.entity::text)::uuid INTO meeting
            FROM unnest(fresh) AS a (entity) JOIN unnest(far) AS b (entity) USING (entity);
        ELSE
            SELECT array_agg(g.entity) INTO fresh FROM (
                SELECT DISTINCT s.entity
                FROM graph_step(tenant, far_frontier, ARRAY[target_node],
                    far_depth = 0 AND target_node IS NOT NULL, NULL,
                    against, against_listed, along, along_listed, with_runtime, NULL) s
                WHERE NOT EXISTS (SELECT FROM unnest(far || barred) AS o (entity)
                    WHERE o.entity = s.entity)
            ) g
            WHERE NOT EXISTS (
                SELECT FROM node_metadata m
                WHERE m.organization_id = tenant AND m.entity_id = g.entity
                    AND m.node_id IS NULL AND m.deleted_at IS NOT NULL);
            EXIT WHEN fresh IS NULL;
            far_depth := far_depth + 1;
            far := far || fresh;
            far_levels := far_levels || array_fill(far_depth, ARRAY[cardinality(fresh)]);
            far_frontier := fresh;
            SELECT min(a.entity::text)::uuid INTO meeting
            FROM unnest(fresh) AS a (entity) JOIN unnest(near) AS b (entity) USING (entity);
        END IF;
        EXIT WHEN meeting IS NOT NULL;
    END LOOP;
    IF meeting IS NULL THEN
        RETURN;
    END IF;
    entities := ARRAY[meeting];
    place := meeting;
    FOR level IN REVERSE near_depth - 1 .. 1 LOOP
        SELECT s.entity INTO place
        FROM graph_step(tenant, ARRAY[place], NULL, false, NULL,
            against, against_listed, along, along_listed, with_runtime, NULL) s
        JOIN unnest(near, near_levels) AS o (entity, at) ON o.entity = s.entity AND o.at = level
        ORDER BY s.score DESC, s.entity LIMIT 1;
        entities := place || entities;
    END LOOP;
    IF near_depth > 0 THEN
        entities := source || entities;
    END IF;
    place := meeting;
    FOR level IN REVERSE far_depth - 1 .. 1 LOOP
        SELECT s.entity INTO place
        FROM graph_step(tenant, ARRAY[place], NULL, false, NULL,
            along, along_listed, against, against_listed, with_runtime, NULL) s
        JOIN unnest(far, far_levels) AS o (entity, at) ON o.entity = s.entity AND o.at = level
        ORDER BY s.score DESC, s.entity LIMIT 1;
        entities := entities || place;
    END LOOP;
    IF far_depth > 0 THEN
        entities := entities || target;
    END IF;
END $$
"""

_FOLLOWED = ["link_type", "origin", "link_strength"]


class Migration(migrations.Migration):
    dependencies = [("node_links", "0014_given_on_nodes")]

    operations = [
        migrations.RemoveIndex("nodelink", "node_links_source"),
        migrations.RemoveIndex("nodelink", "node_links_target"),
        migrations.AddIndex(
            "nodelink",
            models.Index(
                fields=["organization", "source_entity_id", "id"],
                include=["target_entity_id", "target_feature", *_FOLLOWED],
                name="node_links_out",
            ),
        ),
        migrations.AddIndex(
            "nodelink",
            models.Index(
                fields=["organization", "target_entity_id", "id"],
                include=["source_entity_id", "source_feature", *_FOLLOWED],
                name="node_links_in",
            ),
        ),
        migrations.AddIndex(
            "nodemetadata",
            models.Index(
                fields=["organization", "entity_id"],
                condition=Q(node_id=None, deleted_at__isnull=False),
                name="node_metadata_deleted",
            ),
        ),
        migrations.RunSQL(STEP, "DROP FUNCTION graph_step"),
        migrations.RunSQL(REACH, "DROP FUNCTION graph_reach"),
        migrations.RunSQL(PATH, "DROP FUNCTION graph_path"),
    ]
