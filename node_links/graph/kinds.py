"""The link types an organisation has, as questions about the graph need them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Q

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from node_links.choices import ChangeTravels
from node_links.models import NodeLinkType


@dataclass(frozen=True, slots=True)
class LinkKind:
    """A link type: its name, its colour, and which way the effect of a change goes along it."""

    name: str
    color: str | None
    change_travels: ChangeTravels


def link_kinds(actor: Actor) -> dict[str, LinkKind]:
    """Return the platform's link types and the organisation's own, by name, in one query.

    An own type stands before a platform's of the same name.
    """
    own = Q(organization=None) | Q(organization=actor.tenant_id)
    ordered = NodeLinkType.objects.filter(own).order_by(F("organization_id").asc(nulls_first=True))
    return {
        name: LinkKind(name, color, ChangeTravels(travels))
        for name, color, travels in ordered.values_list("type_name", "color", "change_travels")
    }


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
