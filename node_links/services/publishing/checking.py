"""Whether publications are what they claim to be: their types, their data, their aggregates."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import FieldError, Forbidden, NotFound, ValidationFailed
from node_links.events.custom_types import faults_of
from node_links.events.types import event_types
from node_links.models import CustomEventType, NodeMetadata
from node_links.registry import features
from node_links.services.publishing.publication import ORGANIZATION, Publication

BUILT_IN = "Events of this type are recorded by the platform only."
Versions = dict[str, dict[int, CustomEventType]]


def check_publications(
    actor: Actor, publications: Sequence[Publication], pointers: Sequence[str]
) -> list[int]:
    """Return the schema version of each publication.

    Every violation is told at once, at the pointer of its publication. Raises `Forbidden` for
    built-in types, `ValidationFailed` for types, data and addresses, `NotFound` for aggregates.
    """
    placed = list(zip(publications, pointers, strict=True))
    built_in = [at for one, at in placed if event_types.get(one.event_type) is not None]
    if built_in:
        errors = [FieldError(f"{at}/event_type", "permission_denied", BUILT_IN) for at in built_in]
        raise Forbidden(BUILT_IN, errors=errors)
    versions = _versions_of(actor, {one.event_type for one in publications})
    faults = [
        fault
        for one, at in placed
        for fault in (*_faults_of_type(one, versions, at), *_faults_of_address(actor, one, at))
    ]
    if faults:
        raise ValidationFailed(errors=faults)
    absent = _absent_aggregates(actor, publications)
    missing = [
        FieldError(f"{at}/entity_id", "does_not_exist", "There is no such entity or node.")
        for one, at in placed
        if (one.feature_type, one.entity_id, one.node_id) in absent
    ]
    if missing:
        raise NotFound("One of the entities or nodes does not exist.", errors=missing)
    return [one.schema_version or max(versions[one.event_type]) for one in publications]


def _versions_of(actor: Actor, names: set[str]) -> Versions:
    found: Versions = {}
    rows = CustomEventType.objects.filter(organization_id=actor.tenant_id, name__in=names)
    for row in rows:
        found.setdefault(row.name, {})[row.version] = row
    return found


def _faults_of_type(publication: Publication, versions: Versions, at: str) -> list[FieldError]:
    known = versions.get(publication.event_type)
    if known is None:
        message = "No such type is registered here."
        return [FieldError(f"{at}/event_type", "unknown_event_type", message)]
    wanted = known.get(publication.schema_version or max(known))
    if wanted is None:
        message = f"There are: {', '.join(map(str, sorted(known)))}."
        return [FieldError(f"{at}/schema_version", "unknown_version", message)]
    return faults_of(wanted.schema, publication.present, f"{at}/data")


def _faults_of_address(actor: Actor, publication: Publication, at: str) -> Iterator[FieldError]:
    feature, entity_id = publication.feature_type, publication.entity_id
    if feature is None and (entity_id is not None or publication.node_id is not None):
        yield FieldError(f"{at}/feature_type", "required", "This names an entity's feature.")
    elif feature is not None and entity_id is None:
        yield FieldError(f"{at}/entity_id", "required", "This names an entity.")
    elif feature not in (None, ORGANIZATION, *(found.feature_type for found in features.all())):
        yield FieldError(f"{at}/feature_type", "invalid_choice", "There is no such feature.")
    elif feature == ORGANIZATION and publication.node_id is not None:
        yield FieldError(f"{at}/node_id", "invalid", "An organisation has no nodes.")


def _absent_aggregates(
    actor: Actor, publications: Sequence[Publication]
) -> set[tuple[str, UUID, str | None]]:
    """Return the addresses at which the actor sees nothing."""
    wanted = {
        (one.feature_type, one.entity_id, one.node_id)
        for one in publications
        if one.feature_type is not None and one.entity_id is not None
    }
    own = (ORGANIZATION, actor.tenant_id, None)
    if wanted <= {own}:
        return set()
    nodes = NodeMetadata.objects.visible_to(actor).filter(
        entity_id__in={entity_id for _, entity_id, _ in wanted}
    )
    drawn = {node_id for _, _, node_id in wanted if node_id is not None}
    # Entities have thousands of nodes drawn inside them: only those that are asked for are read.
    seen = nodes.filter(node_id=None) | nodes.filter(node_id__in=drawn)
    return wanted - {own, *seen.values_list("feature_type", "entity_id", "node_id")}
