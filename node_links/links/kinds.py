"""The types of link that an organisation has."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from node_links.models import NodeLinkType

# A type that somebody is about to use cannot be deleted meanwhile.
_HOLD = """
SELECT type_name FROM node_link_types WHERE type_id = ANY(%s) ORDER BY type_id FOR KEY SHARE
"""


def kinds_of(actor: Actor) -> dict[str, NodeLinkType]:
    """Return the platform's own types and the organisation's, by name."""
    return {kind.type_name: kind for kind in NodeLinkType.objects.visible_to(actor)}


def held_kinds(actor: Actor, names: Iterable[str]) -> dict[str, NodeLinkType]:
    """Return the types as `kinds_of`; those of the organisation's among `names` stay there until
    the running transaction ends."""
    kinds = kinds_of(actor)
    own = {
        name: kinds[name].pk
        for name in set(names)
        if name in kinds and kinds[name].organization_id is not None
    }
    if not own:
        return kinds
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [list[UUID](own.values())])
        held = {name for (name,) in cursor.fetchall()}
    return {name: kind for name, kind in kinds.items() if name not in own or name in held}
