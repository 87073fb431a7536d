"""Many nodes at once, all or none (batch operations of seed document 000, section 4)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import DomainError, NotFound, ValidationFailed
from node_links.permissions import Act, require
from node_links.services.entities import compare_revision
from node_links.services.nodes.addresses import EntityNode, NodeAddress
from node_links.services.nodes.batch_report import BatchReport
from node_links.services.nodes.locking import find_nodes
from node_links.services.nodes.setting import set_on_nodes
from node_links.services.nodes.writing import (
    begin_node,
    changed_values,
    check_update,
    delete_node,
    deleting,
    update_in_feature,
)

MAX_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node to create; see `writing.create_node`."""

    feature: str
    values: dict[str, Any]
    entity_id: UUID | None = None
    node_id: str | None = None
    node_type: str | None = None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A change of a node; `revision` is the entity's that the caller has read, if it matters."""

    address: NodeAddress
    values: dict[str, Any] = field(default_factory=dict)
    revision: int | None = None


def create_nodes(*, actor: Actor, items: Sequence[NewNode]) -> list[EntityNode]:
    """Create nodes in their order, each as its feature does; what is kept with them at once.

    Raises the first refusal, with the report of `BatchReport`.
    """
    report = BatchReport(len(items))
    begun: list[tuple[NodeAddress, dict[str, Any]]] = []
    with joined_transaction():
        for index, item in enumerate(items):
            try:
                begun.append(
                    begin_node(
                        actor=actor,
                        feature=item.feature,
                        values=item.values,
                        entity_id=item.entity_id,
                        node_id=item.node_id,
                        node_type=item.node_type,
                    )
                )
            except DomainError as error:
                report.refuse(index, error)
                report.raise_refusals()
        found = find_nodes(actor=actor, addresses=[address for address, _ in begun])
        set_on_nodes(actor=actor, changes=[(found[address], kept) for address, kept in begun])
    return [found[address] for address, _ in begun]


def update_nodes(*, actor: Actor, items: Sequence[NodeChange]) -> list[EntityNode]:
    """Change nodes. What is kept with them takes the same few statements for any number of them;
    what belongs to their features is changed one by one.

    Raises the refusals of all items that cannot be changed so, else the first of a feature.
    """
    with joined_transaction():
        found = _lock(actor, items, [Act.EDIT] * len(items), check=True)
        report = BatchReport(len(items))
        kept: list[dict[str, Any]] = []
        asked = False
        for index, (item, one) in enumerate(zip(items, found, strict=True)):
            values = changed_values(one.node, item.values)
            try:
                kept.append(update_in_feature(actor=actor, found=one, values=values))
            except DomainError as error:
                report.refuse(index, error)
                report.raise_refusals()
            asked |= kept[-1] != values
        if asked:
            fresh = find_nodes(actor=actor, addresses=[item.address for item in items])
            for one, item in zip(found, items, strict=True):
                one.node = fresh[item.address].node
        set_on_nodes(actor=actor, changes=list(zip(found, kept, strict=True)))
    return found


def delete_nodes(*, actor: Actor, items: Sequence[NodeChange]) -> None:
    """Delete nodes one by one, those inside entities first. Raises as `update_nodes`."""
    with joined_transaction():
        acts = [deleting(item.address) for item in items]
        found = list(enumerate(_lock(actor, items, acts, check=False)))
        report = BatchReport(len(items))
        for index, one in sorted(found, key=lambda pair: pair[1].node.node_id is None):
            try:
                delete_node(actor=actor, found=one)
            except DomainError as error:
                report.refuse(index, error)
                report.raise_refusals()


def _lock(
    actor: Actor, items: Sequence[NodeChange], acts: Sequence[Act], *, check: bool
) -> list[EntityNode]:
    """Return the items' nodes, locked. Raises the refusals of all that are not to be touched."""
    report = BatchReport(len(items))
    _refuse_repeated(report, [item.address for item in items])
    found = find_nodes(actor=actor, addresses=[item.address for item in items], lock=True)
    for index, (item, act) in enumerate(zip(items, acts, strict=True)):
        try:
            if item.address not in found:
                raise NotFound
            entity, node = found[item.address].entity, found[item.address].node
            require(actor, entity, act)
            compare_revision(entity, item.revision)
            if check:
                check_update(entity, changed_values(node, item.values))
        except DomainError as error:
            report.refuse(index, error)
    report.raise_refusals()
    return [found[item.address] for item in items]


def _refuse_repeated(report: BatchReport, addresses: Sequence[Hashable]) -> None:
    seen: set[Hashable] = set()
    for index, address in enumerate(addresses):
        if address in seen:
            fault = ValidationFailed.of("", "repeated", "The same node stands before it.")
            report.refuse(index, fault)
        seen.add(address)
