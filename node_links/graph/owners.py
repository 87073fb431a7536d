"""Who owns entities, whichever features they belong to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.actors import Actor
from node_links.graph.nodes import Address
from node_links.registry import features


@dataclass(frozen=True, slots=True)
class Owner:
    """A person, and how many of the entities are theirs."""

    user_id: UUID
    name: str
    email: str
    entities: int


def find_owners(actor: Actor, addresses: Iterable[Address]) -> list[Owner]:
    """Return the owners of the entities, those of most first: a query for each feature involved."""
    wanted: dict[str, set[UUID]] = {}
    for address in addresses:
        wanted.setdefault(address.feature, set()).add(address.entity_id)
    people: Counter[tuple[UUID, str, str]] = Counter()
    for feature in features.all():
        ids = wanted.get(feature.feature_type)
        if ids:
            rows = feature.model.all_objects.visible_to(actor).alive().filter(pk__in=ids)
            owned = rows.exclude(owner=None)
            people.update(owned.values_list("owner_id", "owner__name", "owner__email"))
    ranked = sorted(people.items(), key=lambda item: (-item[1], item[0][2]))
    return [Owner(*person, entities=number) for person, number in ranked]
