"""Whom an event may concern. Ids of users; whether they still belong is asked when they are told.

The functions run in the platform's own scope, for the organisation of the event.
"""

from collections.abc import Iterable
from uuid import UUID

from accounts.choices import Role
from accounts.models import Membership
from config.exceptions import ValidationFailed
from node_links.events.envelope import Event
from node_links.models import NodeEntity, NodeLink
from node_links.notifications.subjects import subject_of
from node_links.registry import features

MOST_LINKED = 500
"""Owners at the far end of so many links are told at most."""


def people_around(event: Event) -> set[UUID]:
    """Return owner and editors of the event's entity, and the owners of what is linked with it."""
    return owner_of(event) | editors_of(event) | owners_linked(event)


def owner_of(event: Event) -> set[UUID]:
    """Return the owner of the event's entity, empty where there is none."""
    entity = _entity(event)
    return {entity.owner_id} if entity is not None and entity.owner_id else set()


def editors_of(event: Event) -> set[UUID]:
    """Return those whom the entity's own permissions name as editors."""
    entity = _entity(event)
    return set() if entity is None else ids(entity.permissions.get("editors"))


def owners_linked(event: Event) -> set[UUID]:
    """Return the owners of living entities linked with the event's, in either direction."""
    links = (
        NodeLink.objects.filter(
            organization_id=event.organization_id,
            source__deleted_at=None,
            target__deleted_at=None,
        )
        .touching(event.feature_type, event.entity_id)
        .values_list("source_feature", "source_entity_id", "target_feature", "target_entity_id")
    )
    linked: dict[str, set[UUID]] = {}
    for source_feature, source, target_feature, target in links[:MOST_LINKED]:
        linked.setdefault(source_feature, set()).add(source)
        linked.setdefault(target_feature, set()).add(target)
    linked.get(event.feature_type, set()).discard(event.entity_id)
    owners: set[UUID] = set()
    for feature_type, entities in linked.items():
        rows = _entities(feature_type, event.organization_id, entities)
        owners.update(row.owner_id for row in rows if row.owner_id)
    return owners


def administrators(event: Event) -> set[UUID]:
    """Return the owners and admins of the event's organisation."""
    rows = Membership.objects.filter(
        organization_id=event.organization_id, role__in=(Role.OWNER, Role.ADMIN)
    )
    return set(rows.values_list("user_id", flat=True))


def named(event: Event, *members: str) -> set[UUID]:
    """Return the users whom the event's data name under `members`, each an id or a list of ids."""
    found: set[UUID] = set()
    for member in members:
        value = event.data.get(member)
        found |= ids(value if isinstance(value, list) else [value])
    return found


def ids(values: object) -> set[UUID]:
    """Return the UUIDs among `values`; whatever is none is left out."""
    found: set[UUID] = set()
    for value in values if isinstance(values, Iterable) else ():
        try:
            found.add(UUID(str(value)))
        except ValueError:
            continue
    return found


def _entity(event: Event) -> NodeEntity | None:
    feature_type, entity_id = subject_of(event)
    rows = _entities(feature_type, event.organization_id, {entity_id})
    return next(iter(rows), None)


def _entities(
    feature_type: str, organization_id: UUID, entities: set[UUID]
) -> Iterable[NodeEntity]:
    """Return the living entities of a feature; of one that has not joined there are none."""
    if not entities:
        return ()
    try:
        model = features.get(feature_type).model
    except ValidationFailed:
        return ()
    rows = model.all_objects.alive().filter(organization_id=organization_id, pk__in=entities)
    return rows.only("pk", "owner_id", "permissions")
