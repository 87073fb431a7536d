"""Whether links, nodes and entities say the same of each other, and putting it right.

That a link has two ends is guaranteed by foreign keys. What can come apart is what is written
twice: the address in a link and its node, a node and the entity that describes it, a pin and the
versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from accounts.models import Organization
from accounts.tenancy import system_scope
from node_links.choices import BreakReason
from node_links.links.pins import MOVING
from node_links.models import NodeEntity, NodeLink, NodeMetadata
from node_links.registry import Feature
from node_links.services.links.drifting import follow_all, judge_links
from node_links.services.nodes.syncing import set_nodes_deleted, sync_nodes
from node_links.services.rebuilding import in_batches

LINKS_PER_STEP = 1000


class Fault(StrEnum):
    """What may be wrong."""

    WRONG_ADDRESS = "wrong_address"
    FOREIGN_END = "foreign_end"
    MISSING_NODE = "missing_node"
    GONE_NODE = "gone_node"
    WRONG_DELETION = "wrong_deletion"
    STRAY_NODE = "stray_node"
    UNTOLD_DRIFT = "untold_drift"
    BROKEN_PIN = "broken_pin"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, in words, and whether it has been put right."""

    fault: Fault
    subject: str
    message: str
    fixed: bool = False


_FIND_ADDRESSES = """
SELECT l.link_id FROM node_links l
JOIN node_metadata s ON s.metadata_id = l.source_id
JOIN node_metadata t ON t.metadata_id = l.target_id
WHERE l.organization_id = %s AND (
    (l.source_feature, l.source_entity_id, l.source_node_id)
        IS DISTINCT FROM (s.feature_type, s.entity_id, s.node_id)
    OR (l.target_feature, l.target_entity_id, l.target_node_id)
        IS DISTINCT FROM (t.feature_type, t.entity_id, t.node_id)
) ORDER BY l.link_id
"""
_FIX_ADDRESSES = """
UPDATE node_links l SET source_feature = s.feature_type, source_entity_id = s.entity_id,
    source_node_id = s.node_id, target_feature = t.feature_type, target_entity_id = t.entity_id,
    target_node_id = t.node_id, revision = l.revision + 1, updated_at = now()
FROM node_metadata s, node_metadata t
WHERE s.metadata_id = l.source_id AND t.metadata_id = l.target_id AND l.link_id = ANY(%s)
"""
_FIND_FOREIGN = """
SELECT l.link_id FROM node_links l
JOIN node_metadata s ON s.metadata_id = l.source_id
JOIN node_metadata t ON t.metadata_id = l.target_id
WHERE l.organization_id = %s
    AND (s.organization_id <> l.organization_id OR t.organization_id <> l.organization_id)
ORDER BY l.link_id
"""


def check_links(organization: Organization, *, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong with the links of an organisation, and put it right with `fix`.

    An address that disagrees with its node becomes the node's. A drift that was not known becomes
    known, with its event. A pin to a version that is not there is a matter for people, and so is an
    end in another organisation: both are told only.
    """
    with system_scope(organization.pk):
        foreign = _ids(_FIND_FOREIGN, [organization.pk])
        wrong = _ids(_FIND_ADDRESSES, [organization.pk])
        if fix and wrong:
            with connection.cursor() as cursor:
                cursor.execute(_FIX_ADDRESSES, [wrong])
    for pk in foreign:
        yield Finding(Fault.FOREIGN_END, f"link {pk}", "An end is another organisation's.")
    for pk in wrong:
        message = "Its address is not that of the node at its end."
        yield Finding(Fault.WRONG_ADDRESS, f"link {pk}", message, fix)
    yield from _check_pins(organization.pk)
    untold = sum(step.changed for step in follow_all(organization.pk, write=fix))
    if untold:
        message = f"{untold} links have drifted, broken or been mended, and nobody was told."
        yield Finding(Fault.UNTOLD_DRIFT, "links", message, fix)


def check_nodes(
    feature: Feature, organization: Organization, *, fix: bool
) -> Iterator[tuple[int, list[Finding]]]:
    """Yield, for each batch of entities, how many there were and what is wrong with their nodes.

    Every entity is described again and compared with its rows; with `fix` they are made to agree. A
    last step tells of nodes whose entity is not there at all: `fix` removes them with their links.
    """

    def examine(entities: list[NodeEntity]) -> tuple[int, list[Finding]]:
        return len(entities), [
            finding for entity in entities for finding in _check_entity(feature, entity, fix=fix)
        ]

    yield from in_batches(feature, organization, examine, with_deleted=True)
    with system_scope(organization.pk):
        entities = feature.model.all_objects.filter(pk=OuterRef("entity_id"))
        stray = NodeMetadata.objects.filter(
            ~Exists(entities), organization=organization, feature_type=feature.feature_type
        ).only("pk", "name", "node_type", "feature_type", "entity_id", "node_id")
        message = "There is no such entity."
        findings = [Finding(Fault.STRAY_NODE, _named(row), message, fix) for row in stray]
        if fix:
            stray.delete()
    yield 0, findings


def _check_entity(feature: Feature, entity: NodeEntity, *, fix: bool) -> list[Finding]:
    wanted = {description.node_id: description.name for description in feature.describe(entity)}
    rows = NodeMetadata.objects.of_entity(feature.feature_type, entity.pk)
    present: dict[str | None, Any] = dict(rows.values_list("node_id", "deleted_at"))
    address = f"{feature.feature_type}:{entity.pk}"
    found = [
        Finding(Fault.MISSING_NODE, f"{address}{_inner(node_id)}", f"{wanted[node_id]}: no row.")
        for node_id in wanted
        if node_id not in present
    ]
    found += [
        Finding(Fault.GONE_NODE, f"{address}{_inner(node_id)}", "The entity has no such node.")
        for node_id in present
        if node_id not in wanted
    ]
    if any(deleted_at != entity.deleted_at for deleted_at in present.values()):
        state = "deleted" if entity.deleted_at else "not deleted"
        found.append(
            Finding(Fault.WRONG_DELETION, address, f"The entity is {state}; not all nodes are so.")
        )
    if not (fix and found):
        return found
    sync_nodes(entity=entity)
    set_nodes_deleted(entity=entity)
    return [Finding(one.fault, one.subject, one.message, True) for one in found]


def _check_pins(organization_id: UUID) -> Iterator[Finding]:
    last: UUID | None = None
    while True:
        with system_scope(organization_id):
            rows = NodeLink.objects.filter(organization_id=organization_id)
            rows = rows.exclude(version_pin__in=MOVING)
            rows = rows.filter(pk__gt=last) if last else rows
            links = list(rows.order_by("pk")[:LINKS_PER_STEP])
            judged = judge_links(links)
        if not links:
            return
        for link in links:
            drift = judged[link.pk]
            if drift is not None and drift.reason == BreakReason.VERSION_GONE:
                message = f"It is pinned to {link.version_pin}, which is not there."
                yield Finding(Fault.BROKEN_PIN, f"link {link.pk}", message)
        last = links[-1].pk


def _ids(statement: str, parameters: list[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [pk for (pk,) in cursor.fetchall()]


def _named(row: NodeMetadata) -> str:
    return f"{row.feature_type}:{row.entity_id}{_inner(row.node_id)}"


def _inner(node_id: str | None) -> str:
    return "" if node_id is None else f"/{node_id}"
