"""Making links: by the ten thousand, and one at a time."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from benchmarks.figures import Figure, at_most, in_turns, milliseconds
from benchmarks.plan import FULL, Plan
from benchmarks.stack import Stack

if TYPE_CHECKING:
    from node_links.links.drafts import Address, LinkDraft

NODES = 4_000
ROUNDS = 3
TARGET = 20_000
SINGLES = 25
_COPY = """
COPY node_links (link_id, organization_id, source_id, target_id, source_feature, source_entity_id,
    target_feature, target_entity_id, link_type, base_strength, link_strength, link_context,
    visual_properties, origin, version_pin, created_by_id, revision, created_at, updated_at)
FROM STDIN
"""
Nodes = dict["Address", UUID]


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the figures: links a second in bulk, beside COPY into the same table; one link.

    Ours are checked and leave events with their deliveries; both leave an audit trail.
    """
    nodes = _make_nodes(stack)
    batch = 20_000 if plan == FULL else 5_000
    drafts = _drafts(list(nodes), batch)
    seconds, floor = in_turns(ROUNDS, _creating(stack, drafts), _copying(stack, nodes, drafts))
    ours, copied = batch / seconds, batch / floor
    yield Figure(
        f"links made in bulk, {batch} at once, beside COPY",
        f"{ours:.0f}/s",
        f"{copied:.0f}/s",
        ours / copied,
        f">= {TARGET}/s",
        ours >= TARGET,
    )
    yield _single(stack, nodes)


def _make_nodes(stack: Stack) -> Nodes:
    from accounts.tenancy import scope
    from config.ids import uuid7
    from node_links.links.drafts import Address
    from node_links.models import NodeMetadata

    with scope(stack.actor):
        made = NodeMetadata.objects.bulk_create(
            NodeMetadata(
                organization_id=stack.actor.tenant_id,
                feature_type="spindle",
                entity_id=uuid7(),
                node_type="spindle",
                name=f"Node {number}",
            )
            for number in range(NODES)
        )
    return {Address("spindle", node.entity_id): node.pk for node in made}


def _drafts(addresses: "list[Address]", count: int) -> "list[LinkDraft]":
    from node_links.links.drafts import LinkDraft

    rng = random.Random(7)
    pairs: set[tuple[Address, Address]] = set()
    while len(pairs) < count:
        source, target = rng.sample(addresses, 2)
        pairs.add((source, target))
    return [LinkDraft(source, target, "references") for source, target in pairs]


def _creating(stack: Stack, drafts: "list[LinkDraft]") -> Callable[[], float]:
    from accounts.tenancy import scope
    from node_links.services.links.creating import create_links

    def create() -> float:
        _empty(stack)
        started = time.perf_counter()
        with scope(stack.actor):
            outcomes = create_links(actor=stack.actor, drafts=drafts)
        seconds = time.perf_counter() - started
        assert all(outcome.link_id is not None for outcome in outcomes)
        return seconds

    return create


def _copying(stack: Stack, nodes: Nodes, drafts: "list[LinkDraft]") -> Callable[[], float]:
    from config.ids import uuid7

    fixed = ("references", "0.5", "0.5", "{}", "{}", "manual", "latest", stack.user.pk, 1)

    def copy() -> float:
        _empty(stack)
        with stack.database() as connection, connection.cursor() as cursor:
            started = time.perf_counter()
            with cursor.copy(_COPY) as rows:
                for draft in drafts:
                    ends = (nodes[draft.source], nodes[draft.target])
                    head = (uuid7(), stack.actor.organization_id, *ends)
                    rows.write_row(
                        (*head, *draft.source[:2], *draft.target[:2], *fixed, "now", "now")
                    )
            return time.perf_counter() - started

    return copy


def _single(stack: Stack, nodes: Nodes) -> Figure:
    """Return what one link costs, with its checks, event and warnings, beside its bare INSERT."""
    from accounts.tenancy import scope
    from node_links.models import NodeLink
    from node_links.services.links.creating import create_link

    _empty(stack)
    drafts = iter(_drafts(list(nodes), SINGLES * ROUNDS * 4))

    def ours() -> float:
        started = time.perf_counter()
        for draft in itertools.islice(drafts, SINGLES):
            with scope(stack.actor):
                create_link(actor=stack.actor, draft=draft)
        return (time.perf_counter() - started) / SINGLES

    def bare() -> float:
        started = time.perf_counter()
        for draft in itertools.islice(drafts, SINGLES):
            with scope(stack.actor):
                NodeLink.objects.create(
                    organization_id=stack.actor.tenant_id,
                    source_id=nodes[draft.source],
                    target_id=nodes[draft.target],
                    source_feature=draft.source.feature,
                    source_entity_id=draft.source.entity_id,
                    target_feature=draft.target.feature,
                    target_entity_id=draft.target.entity_id,
                    link_type=draft.link_type,
                )
        return (time.perf_counter() - started) / SINGLES

    ours(), bare()
    mine, floor = in_turns(ROUNDS, ours, bare)
    name = "one link made by hand, beside its bare INSERT"
    return at_most(name, milliseconds(mine), milliseconds(floor), mine / floor, 4)


def _empty(stack: Stack) -> None:
    with stack.database() as connection:
        connection.execute("TRUNCATE node_links, link_drifts")
