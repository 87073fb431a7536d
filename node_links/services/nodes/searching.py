"""Searching everything there is, whatever the feature."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor
from node_links.choices import EntityStatus
from node_links.models import NodeMetadata
from node_links.registry import Feature, features
from node_links.search.hybrid import SearchPage, search
from node_links.services.nodes.reading import EntityHead, entity_heads, visible_nodes


@dataclass(frozen=True, slots=True)
class NodeSearch:
    """A page of hits with the nodes they name, and how the candidates spread over features."""

    page: SearchPage
    nodes: dict[UUID, NodeMetadata]
    heads: dict[tuple[str, UUID], EntityHead]
    facets: dict[str, dict[str, int]]


def search_nodes(
    *,
    actor: Actor,
    query: str,
    mode: str,
    feature_types: Iterable[str] | None = None,
    include_archived: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> NodeSearch:
    """Find entities by their nodes, in all features or some. Raises as `hybrid.search`.

    A fixed number of queries, and one for each feature on the page.
    """
    wanted = None if feature_types is None else set(feature_types)
    chosen = [one for one in features.all() if wanted is None or one.feature_type in wanted]
    page = search(
        actor=actor,
        query=query,
        mode=mode,
        feature_types=[one.feature_type for one in chosen],
        entities=None if include_archived else _living(actor, chosen),
        limit=limit,
        offset=offset,
    )
    rows = visible_nodes(actor).filter(pk__in=[hit.node_id for hit in page.hits])
    nodes = {row.pk: row for row in rows} if page.hits else {}
    heads = entity_heads(actor=actor, nodes=nodes.values())
    return NodeSearch(page, nodes, heads, _facets(actor, page.entity_ids))


def _living(actor: Actor, chosen: list[Feature]) -> "QuerySet[Any] | list[UUID]":
    """Return the entities of the features that are not archived, as one query."""
    rows: list[QuerySet[Any]] = [
        feature.model.all_objects.visible_to(actor)
        .alive()
        .exclude(status=EntityStatus.ARCHIVED)
        .order_by()
        .values("pk")
        for feature in chosen
    ]
    if not rows:
        return []
    return rows[0].union(*rows[1:], all=True) if len(rows) > 1 else rows[0]


def _facets(actor: Actor, entity_ids: list[UUID]) -> dict[str, dict[str, int]]:
    if not entity_ids:
        return {"feature": {}, "node_type": {}}
    rows = list(
        NodeMetadata.objects.visible_to(actor)
        .filter(entity_id__in=entity_ids, node_id=None)
        .values_list("feature_type", "node_type")
    )
    by_feature, by_type = Counter(row[0] for row in rows), Counter(row[1] for row in rows)
    return {"feature": dict(by_feature.most_common()), "node_type": dict(by_type.most_common())}
