"""Writing many new links with one statement, and telling of them with another."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from accounts.actors import Actor
from config.ids import uuid7
from node_links.choices import LinkOrigin
from node_links.events.recording import NewEvent
from node_links.links.drafts import Address, LinkDraft

# Sorted by the key, so that two writers of the same links cannot wait for each other. A link that
# is there already, or came from somebody else in the same moment, is left out.
_INSERT = """
INSERT INTO node_links (link_id, organization_id, source_id, target_id, source_feature,
    source_entity_id, source_node_id, target_feature, target_entity_id, target_node_id, link_type,
    base_strength, link_strength, link_context, visual_properties, origin, version_pin,
    created_by_id, revision, created_at, updated_at)
SELECT id, %(organization)s, source, target, sf, se, sn, tf, te, tn, type, strength, strength,
    context, visual, %(origin)s, pin, %(user)s, 1, moment, moment
FROM jsonb_to_recordset(%(links)s::jsonb) AS l(id uuid, source uuid, target uuid, sf text, se uuid,
    sn text, tf text, te uuid, tn text, type text, strength numeric, context jsonb, visual jsonb,
    pin text), (SELECT statement_timestamp() AS moment) AS clock
ORDER BY source, target, type, id
ON CONFLICT (source_id, target_id, link_type) DO NOTHING
RETURNING link_id
"""


def insert_links(
    *,
    actor: Actor,
    drafts: Sequence[LinkDraft],
    nodes: Mapping[Address, UUID],
    origin: LinkOrigin,
) -> list[UUID | None]:
    """Write the links and return their ids, in the order of `drafts`; None where one was there.

    `nodes` holds the key of each address that the drafts name. Nothing is checked but what the
    database does, and no event is recorded: see `event_of_creation`.
    """
    if not drafts:
        return []
    ids = [uuid7() for _ in drafts]
    rows = [_row(pk, draft, nodes) for pk, draft in zip(ids, drafts, strict=True)]
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "origin": origin.value,
        "user": actor.user_id,
        "links": orjson.dumps(rows).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, parameters)
        written = {pk for (pk,) in cursor.fetchall()}
    return [pk if pk in written else None for pk in ids]


def event_of_creation(pk: UUID, draft: LinkDraft, origin: LinkOrigin) -> NewEvent:
    """Return the event that tells of a new link, on its source's aggregate."""
    return NewEvent(
        draft.source.feature,
        draft.source.entity_id,
        "NodeLinkCreated",
        {
            "link_id": str(pk),
            "source": draft.source.told(),
            "target": draft.target.told(),
            "link_type": draft.link_type,
            "base_strength": float(draft.base_strength),
            "origin": origin.value,
        },
    )


def _row(pk: UUID, draft: LinkDraft, nodes: Mapping[Address, UUID]) -> dict[str, Any]:
    source, target = draft.source, draft.target
    return {
        "id": pk,
        "source": nodes[source],
        "target": nodes[target],
        "sf": source.feature,
        "se": source.entity_id,
        "sn": source.node_id,
        "tf": target.feature,
        "te": target.entity_id,
        "tn": target.node_id,
        "type": draft.link_type,
        "strength": str(draft.base_strength),
        "context": draft.link_context,
        "visual": draft.visual_properties,
        "pin": draft.version_pin,
    }
