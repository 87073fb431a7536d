"""Who may make, change and remove links: whoever may edit the entity that they lead from."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from accounts.actors import Actor
from accounts.choices import Role
from config.exceptions import Forbidden
from node_links.permissions import Act, may
from node_links.registry import features

REFUSED = "You may not edit what this link leads from."
Entity = tuple[str, UUID]


def editable_entities(actor: Actor, entities: Iterable[Entity]) -> set[Entity]:
    """Return those of `entities` (feature, id) that `actor` may edit.

    The organisation's editors may edit all of them; for others the entities' own lists are read,
    with one query for each feature.
    """
    asked = set(entities)
    if actor.at_least(Role.EDITOR):
        return asked
    by_feature: defaultdict[str, list[UUID]] = defaultdict(list)
    for feature, entity_id in asked:
        by_feature[feature].append(entity_id)
    known = {feature.feature_type: feature.model for feature in features.all()}
    return {
        (feature, entity.pk)
        for feature, ids in by_feature.items()
        if feature in known
        for entity in known[feature].all_objects.visible_to(actor).alive().filter(pk__in=ids)
        if may(actor, entity, Act.EDIT)
    }


def require_editable(actor: Actor, entity: Entity) -> None:
    """Raise `Forbidden` unless `actor` may edit `entity`."""
    if entity not in editable_entities(actor, [entity]):
        raise Forbidden(REFUSED)
