"""Many SOPs at once, indexed as the service does it but written in bulk."""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.stack import Stack
from benchmarks.texts import make_document, make_title

if TYPE_CHECKING:
    from knowledge_base.models import Sop

BATCH = 250
CATEGORIES = ("Operations", "Security", "Finance", "People")


def write_sops(stack: Stack, count: int, length: int, rng: random.Random) -> None:
    """Write `count` SOPs of about `length` characters with their nodes, passages and postings."""
    from accounts.tenancy import scope
    from knowledge_base.models import Sop
    from knowledge_base.nodes import describe
    from node_links.models import NodeMetadata
    from node_links.search.text import content_hash, index_text

    for start in range(0, count, BATCH):
        with scope(stack.actor):
            sops = Sop.objects.bulk_create(
                list(_sops(stack, range(start, min(start + BATCH, count)), length, rng))
            )
            described = [(sop, describe(sop)[0]) for sop in sops]
            nodes = NodeMetadata.objects.bulk_create(
                [
                    NodeMetadata(
                        organization_id=sop.organization_id,
                        feature_type=sop.feature_type,
                        entity_id=sop.pk,
                        node_type=description.node_type,
                        name=description.name,
                        search_text=description.summary,
                        search_keywords=list(description.keywords),
                        content_hash=content_hash(description),
                    )
                    for sop, description in described
                ]
            )
            rewritten = [
                (node, description) for node, (_, description) in zip(nodes, described, strict=True)
            ]
            index_text(rewritten, is_new=True)


def _sops(stack: Stack, numbers: range, length: int, rng: random.Random) -> "Iterator[Sop]":
    from knowledge_base.models import Sop

    for number in numbers:
        yield Sop(
            organization_id=stack.actor.tenant_id,
            owner_id=stack.actor.user_id,
            title=f"{make_title(rng)} {number}",
            content=make_document(rng, rng.randint(length // 2, length * 3 // 2)),
            category=rng.choice(CATEGORIES),
            search_keywords=make_title(rng).lower().split()[:5],
        )
