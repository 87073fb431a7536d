"""What is known of links that says how strong they are, read for many links at once.

- *Interaction*: the events of both ends of the period, one for each look at either end that the
  audit trail holds, and one for each end that was read at all. What the graph records about links
  by itself is not counted: it would make a link stronger that it was computed.
- *Similarity*: the cosine of the vectors of the two nodes, where the same embedder made both; 0
  where there is none, or where they point away from each other.
- *Context*: the mean of two Jaccard coefficients (Jaccard, 1901), of the nodes' keywords and tags,
  and of the entities' neighbours (for link prediction: Liben-Nowell and Kleinberg, 2007).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.links.strength import Metrics
from node_links.registry import features

NOT_INTERACTION = (
    "NodeLinkCreated",
    "NodeLinkUpdated",
    "NodeLinkRemoved",
    "LinkStrengthUpdated",
    "LinkCyclesDetected",
    "LinkDrifted",
    "LinkBroken",
)
"""Events that say nothing of anybody's work with an end of a link."""

# Ids are made by the platform, so an entity's id alone tells it from those of other features; the
# feature is named where an index begins with it. Of two ends the one with fewer neighbours is gone
# through, and the other's are looked up: a hub is read once for all of its links.
_MEASURE = """
WITH chosen AS MATERIALIZED (
    SELECT link_id, source_id, target_id, source_feature, source_entity_id, target_feature,
        target_entity_id
    FROM node_links WHERE organization_id = %(organization)s AND link_id = ANY(%(links)s)
), ends AS MATERIALIZED (
    SELECT source_feature AS feature, source_entity_id AS entity FROM chosen
    UNION SELECT target_feature, target_entity_id FROM chosen
), interactions AS (
    SELECT entity, sum(times) AS times FROM (
        SELECT e.entity, count(*) AS times
        FROM ends e JOIN node_events v ON v.organization_id = %(organization)s
            AND v.feature_type = e.feature AND v.entity_id = e.entity
        WHERE v."timestamp" >= %(since)s AND v.event_type <> ALL(%(not_interaction)s)
        GROUP BY e.entity
        UNION ALL
        SELECT e.entity, count(*)
        FROM ends e JOIN audit_logs a ON a.organization_id = %(organization)s
            AND a.model_id = e.entity
        WHERE a.changed_at >= %(since)s AND a.operation = 'ACCESS'
        GROUP BY e.entity
        UNION ALL
        SELECT unnest(%(read)s::uuid[]), 1
    ) told GROUP BY entity
), adjacent AS MATERIALIZED (
    SELECT e.entity, n.other FROM ends e CROSS JOIN LATERAL (
        SELECT l.target_entity_id AS other FROM node_links l
        JOIN node_metadata m ON m.metadata_id = l.target_id AND m.deleted_at IS NULL
        WHERE l.organization_id = %(organization)s
            AND l.source_feature = e.feature AND l.source_entity_id = e.entity
        UNION
        SELECT l.source_entity_id FROM node_links l
        JOIN node_metadata m ON m.metadata_id = l.source_id AND m.deleted_at IS NULL
        WHERE l.organization_id = %(organization)s
            AND l.target_feature = e.feature AND l.target_entity_id = e.entity
    ) n WHERE n.other <> e.entity
), degrees AS MATERIALIZED (
    SELECT entity, count(*) AS degree FROM adjacent GROUP BY entity
), pairs AS MATERIALIZED (
    SELECT DISTINCT c.source_entity_id AS a, c.target_entity_id AS b,
        x.degree + y.degree - 2 AS others,
        CASE WHEN x.degree <= y.degree THEN c.source_entity_id ELSE c.target_entity_id END AS few,
        CASE WHEN x.degree <= y.degree THEN c.target_entity_id ELSE c.source_entity_id END AS many
    FROM chosen c JOIN degrees x ON x.entity = c.source_entity_id
    JOIN degrees y ON y.entity = c.target_entity_id
    WHERE c.source_entity_id <> c.target_entity_id
), shared AS (
    SELECT p.a, p.b, p.others, count(y.entity) AS common
    FROM pairs p JOIN adjacent x ON x.entity = p.few
    LEFT JOIN adjacent y ON y.entity = p.many AND y.other = x.other
    GROUP BY p.a, p.b, p.others
)
SELECT c.link_id,
    coalesce(i.times, 0)
        + CASE WHEN c.source_entity_id = c.target_entity_id THEN 0 ELSE coalesce(j.times, 0) END,
    round(coalesce(greatest(nullif(v.similarity, 'NaN'), 0), 0)::numeric, 4),
    round((coalesce(k.common::numeric / nullif(k.together, 0), 0)
        + coalesce(h.common::numeric / nullif(h.others - h.common, 0), 0)) / 2, 4)
FROM chosen c
JOIN node_metadata s ON s.metadata_id = c.source_id
JOIN node_metadata t ON t.metadata_id = c.target_id
LEFT JOIN interactions i ON i.entity = c.source_entity_id
LEFT JOIN interactions j ON j.entity = c.target_entity_id
LEFT JOIN shared h ON h.a = c.source_entity_id AND h.b = c.target_entity_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.embedding_model = t.embedding_model AND s.dimensions = t.dimensions
        THEN 1 - (s.vector_embedding <=> t.vector_embedding) END AS similarity
) v
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE times = 2) AS common, count(*) AS together FROM (
        SELECT word, count(*) AS times FROM (
            SELECT DISTINCT 's', lower(word) FROM unnest(s.search_keywords) AS word
            UNION ALL SELECT DISTINCT 't', lower(word) FROM unnest(t.search_keywords) AS word
        ) AS said(who, word) GROUP BY word
    ) counted
) k
"""


def measure_links(
    *, organization_id: UUID, link_ids: Sequence[UUID], since: datetime
) -> dict[UUID, Metrics]:
    """Return the metrics of links of one organisation, by link; unknown ids are left out.

    One statement, and one more for each feature that notes when its entities were read. `since` is
    the beginning of the period in which interactions count. Similarity and context are rounded to
    four places, so that they change only where something else has.
    """
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "links": list(link_ids),
        "since": since,
        "not_interaction": list(NOT_INTERACTION),
        "read": _read_since(organization_id, link_ids, since),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, parameters)
        rows = cursor.fetchall()
    return {link: Metrics.of(*metrics) for link, *metrics in rows}


_ENDS = """
SELECT target_entity_id FROM node_links
WHERE organization_id = %(organization)s AND link_id = ANY(%(links)s) AND target_feature = %(f)s
UNION
SELECT source_entity_id FROM node_links
WHERE organization_id = %(organization)s AND link_id = ANY(%(links)s) AND source_feature = %(f)s
"""


def _read_since(organization_id: UUID, link_ids: Sequence[UUID], since: datetime) -> list[UUID]:
    """Return the entities at the links' ends that somebody has read, where that is noted."""
    found: list[UUID] = []
    for feature in features.all():
        if feature.read_at is None:
            continue
        parameters: dict[str, Any] = {
            "organization": organization_id,
            "links": list(link_ids),
            "f": feature.feature_type,
        }
        with connection.cursor() as cursor:
            cursor.execute(_ENDS, parameters)
            entities = [entity for (entity,) in cursor.fetchall()]
        rows = feature.model.all_objects.filter(pk__in=entities)
        read = rows.filter(**{f"{feature.read_at}__gte": since})
        found.extend(read.values_list("pk", flat=True))
    return found
