"""What is worth a second thought about a new link, though it is allowed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from accounts.actors import Actor
from node_links.links.drafts import LinkDraft
from node_links.links.rules import MANY_CONNECTIONS, MANY_TRIGGERS, TRIGGERS

# Nothing is counted further than the answer needs.
_COUNT = """
SELECT feature, entity,
    (SELECT count(*) FROM (
        SELECT FROM node_links WHERE organization_id = %(organization)s
            AND source_feature = feature AND source_entity_id = entity
        UNION ALL
        SELECT FROM node_links WHERE organization_id = %(organization)s
            AND target_feature = feature AND target_entity_id = entity
            AND (source_feature, source_entity_id) <> (feature, entity)
        LIMIT %(connections)s + 1
    ) AS touching) > %(connections)s,
    (SELECT count(*) FROM (
        SELECT FROM node_links WHERE organization_id = %(organization)s
            AND source_feature = feature AND source_entity_id = entity AND link_type = %(type)s
        LIMIT %(triggers)s + 1
    ) AS leaving) > %(triggers)s
FROM unnest(%(features)s::text[], %(entities)s::uuid[]) AS t(feature, entity)
"""


def warnings_after(actor: Actor, drafts: Sequence[LinkDraft]) -> list[list[str]]:
    """Return the warnings for each of the links that have just been made.

    `many_connections` where the entity at either end has more than ten links by now,
    `many_triggers` where more than five links lead from the source's entity and trigger something.
    """
    ends = {end.entity for draft in drafts for end in (draft.source, draft.target)}
    connected, triggering = _counted(actor, ends)
    return [
        [
            *(["many_connections"] if not connected.isdisjoint(_ends(draft)) else []),
            *(["many_triggers"] if draft.source.entity in triggering else []),
        ]
        for draft in drafts
    ]


def _ends(draft: LinkDraft) -> tuple[Any, Any]:
    return draft.source.entity, draft.target.entity


def _counted(actor: Actor, entities: Iterable[Any]) -> tuple[set[Any], set[Any]]:
    asked = sorted(entities)
    if not asked:
        return set(), set()
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "connections": MANY_CONNECTIONS,
        "triggers": MANY_TRIGGERS,
        "type": TRIGGERS,
        "features": [feature for feature, _ in asked],
        "entities": [entity_id for _, entity_id in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, parameters)
        rows = cursor.fetchall()
    return {row[:2] for row in rows if row[2]}, {row[:2] for row in rows if row[3]}
