"""The link types an organisation has, as questions about the graph need them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from config.replica import reader
from node_links.choices import ChangeTravels


@dataclass(frozen=True, slots=True)
class LinkKind:
    """A link type: its name, its colour, and which way the effect of a change goes along it."""

    name: str
    color: str | None
    change_travels: ChangeTravels


# Written out, because every question asks it, and building it would cost more than running it.
_KINDS = """
SELECT type_name, color, change_travels FROM node_link_types
WHERE organization_id IS NULL OR organization_id = %s
ORDER BY organization_id NULLS FIRST
"""


def link_kinds(actor: Actor) -> dict[str, LinkKind]:
    """Return the platform's link types and the organisation's own, by name, in one query.

    An own type stands before a platform's of the same name.
    """
    with reader().cursor() as cursor:
        cursor.execute(_KINDS, [actor.tenant_id])
        rows = cursor.fetchall()
    return {name: LinkKind(name, color, ChangeTravels(travels)) for name, color, travels in rows}


def check_types(kinds: Mapping[str, LinkKind], types: Iterable[str] | None) -> list[str] | None:
    """Return `types` without repetition, None for all. Raises `ValidationFailed` naming an unknown.

    An empty selection is no selection: it stands for all types.
    """
    wanted = sorted(set(types or ()))
    unknown = [name for name in wanted if name not in kinds]
    if unknown:
        raise ValidationFailed.of(
            "?types",
            "invalid_choice",
            f"Unknown link type {', '.join(unknown)}; there are: {', '.join(sorted(kinds))}.",
        )
    return wanted or None
