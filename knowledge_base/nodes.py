"""How an SOP is a node of the graph."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from knowledge_base.models import Sop, SopVersion
from node_links.operations import NodeOperations
from node_links.registry import Feature, NodeDescription, Passage, features

NODE_TYPE = "sop"
_COPY = """
UPDATE knowledge_base_sops s SET vector_embedding = m.vector_embedding FROM node_metadata m
WHERE m.feature_type = %s AND m.entity_id = s.sop_id AND m.node_id IS NULL AND s.sop_id = ANY(%s)
"""
SHOWN = frozenset(
    {
        "title",
        "summary",
        "content",
        "category",
        "content_type",
        "search_keywords",
        "tags",
        "searchable",
        "node_position",
    }
)
"""The fields that `describe` looks at: a change of others leaves the node as it is."""


def describe(sop: Sop) -> Sequence[NodeDescription]:
    """Return the one node of an SOP; its passages are the sections of its text."""
    position = sop.node_position or {}
    return [
        NodeDescription(
            node_id=None,
            node_type=NODE_TYPE,
            name=sop.title,
            summary=sop.summary or "",
            keywords=[*sop.search_keywords, *sop.tags],
            passages=[
                Passage(text=chunk.text, heading=chunk.heading, anchor=chunk.anchor)
                for chunk in sop.document.chunks
            ],
            searchable=sop.searchable,
            position=(float(position.get("x", 0)), float(position.get("y", 0))),
            metadata={"category": sop.category, "content_type": sop.content_type},
        )
    ]


def copy_vectors(entity_ids: Sequence[UUID]) -> None:
    """Keep the vectors of SOPs' nodes in their own rows too, where the founding documents have
    them."""
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [Sop.feature_type, list(entity_ids)])


def register(operations: NodeOperations) -> None:
    """Join the graph; `operations` are made of services, which stand above this module."""
    features.add(
        Feature(
            Sop.feature_type,
            Sop,
            describe,
            copy_vectors,
            operations,
            snapshots=SopVersion,
            read_at="last_viewed_at",
        )
    )
