"""Writing the text side of the search index: passages and postings, in the entity's transaction.

Searching by words therefore finds what was saved a moment ago; vectors follow in the background
(`backlog.py`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from config.db import prepared_cursor
from config.rows import insert_rows
from node_links.models import DirtyNode, NodeChunk, NodeMetadata
from node_links.registry import NodeDescription, Passage
from node_links.search.doorbell import ring

# PostgreSQL refuses an index entry above 2 704 bytes, and nobody searches for longer words.
_LONGEST_LEXEME = 255

# PostgreSQL refuses a tsvector above 1 MiB. A text may grow fourfold on its way into one (a
# hyphenated word is kept whole and in parts, each lexeme carries its positions), and a passage
# has four such texts. Longer texts become several passages.
_LONGEST_TEXT = 60_000

# An occurrence counts by its field: title 4, keywords 3, summary 2, text 1. The sum of all is the
# node's length, which BM25 weighs against the average. Most words of a changed text are those that
# it had before: their postings stay as they are.
_POST = """
WITH wanted AS MATERIALIZED (
    SELECT c.node_id, u.lexeme, sum(w.weight) AS frequency
    FROM node_chunks c
    CROSS JOIN LATERAL unnest(c.search_vector) AS u (lexeme, positions, weights)
    CROSS JOIN LATERAL (
        SELECT sum(CASE x WHEN 'A' THEN 4 WHEN 'B' THEN 3 WHEN 'C' THEN 2 ELSE 1 END)::float8
        FROM unnest(u.weights) AS x
    ) AS w (weight)
    WHERE c.organization_id = %(organization)s AND c.node_id = ANY(%(nodes)s)
        AND octet_length(u.lexeme) <= %(longest)s
    GROUP BY c.node_id, u.lexeme
){replaced}, posted AS (
    INSERT INTO node_postings AS p (organization_id, node_id, lexeme, frequency)
    SELECT %(organization)s, node_id, lexeme, frequency FROM wanted{unlike}
)
UPDATE node_metadata m SET text_length = coalesce(t.total, 0)
FROM unnest(%(nodes)s::uuid[]) AS n (node_id)
LEFT JOIN (SELECT node_id, sum(frequency) AS total FROM wanted GROUP BY node_id) t USING (node_id)
WHERE m.metadata_id = n.node_id
"""
_POST_NEW = _POST.format(replaced="", unlike="")
_POST_AGAIN = _POST.format(
    replaced=""", present AS MATERIALIZED (
    SELECT node_id, lexeme, frequency FROM node_postings
    WHERE organization_id = %(organization)s AND node_id = ANY(%(nodes)s)
), passed AS MATERIALIZED (
    SELECT node_id, lexeme FROM present EXCEPT SELECT node_id, lexeme FROM wanted
), gone AS (
    DELETE FROM node_postings p USING passed
    WHERE p.organization_id = %(organization)s AND p.node_id = passed.node_id
        AND p.lexeme = passed.lexeme
)""",
    unlike="""
    WHERE (node_id, lexeme, frequency) NOT IN (SELECT node_id, lexeme, frequency FROM present)
    ON CONFLICT (organization_id, lexeme, node_id) DO UPDATE SET frequency = excluded.frequency""",
)

# A passage that says what it said keeps its row; one that says something else in its place is
# another passage, and has no vector yet.
_SAID_ALREADY = """EXISTS (SELECT FROM node_chunks c WHERE c.node_id = r.node_id
    AND c.ordinal = r.ordinal AND c.content_hash = r.content_hash)"""
_SAYS_ELSE = """ON CONFLICT (node_id, ordinal) DO UPDATE SET chunk_id = excluded.chunk_id,
    heading = excluded.heading, anchor = excluded.anchor, title = excluded.title,
    keywords = excluded.keywords, summary = excluded.summary, text = excluded.text,
    content_hash = excluded.content_hash, vector_embedding = NULL, embedding_model = '',
    dimensions = NULL, in_vector_index = false"""
_DROP_SURPLUS = """
DELETE FROM node_chunks c USING unnest(%s::uuid[], %s::int[]) AS n (node_id, count)
WHERE c.node_id = n.node_id AND c.ordinal >= n.count
"""
_MARKED_AGAIN = """ON CONFLICT (node_id) DO UPDATE SET marked_at = excluded.marked_at,
    not_before = excluded.not_before, attempts = 0, last_error = ''"""


def content_hash(description: NodeDescription) -> str:
    """Return the SHA-256 (hex) of everything about a node that is searched."""
    parts = [description.name, description.summary, *description.keywords]
    for passage in description.passages:
        parts += [passage.heading, passage.anchor, passage.text]
    return _digest(parts)


def index_text(
    rewritten: Sequence[tuple[NodeMetadata, NodeDescription]], *, is_new: bool = False
) -> None:
    """Write passages and postings of nodes whose text changed, and queue them for embedding.

    A passage that says what it said before keeps its row and its vector.
    """
    if not rewritten:
        return
    node_ids = [node.pk for node, _ in rewritten]
    _write_chunks(rewritten, is_new=is_new)
    parameters: dict[str, Any] = {
        "organization": rewritten[0][0].organization_id,
        "nodes": node_ids,
        "longest": _LONGEST_LEXEME,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_POST_NEW if is_new else _POST_AGAIN, parameters)
    mark_dirty([node for node, _ in rewritten])


def mark_dirty(nodes: Iterable[NodeMetadata]) -> None:
    """Queue nodes for embedding; one that waits already is due at once, its failures forgotten.

    Rows are written in the order of their keys, as the embedding run locks them.
    """
    now = timezone.now()
    rows = [
        DirtyNode(
            node_id=node.pk, organization_id=node.organization_id, marked_at=now, not_before=now
        )
        for node in sorted(nodes, key=lambda node: node.pk)
    ]
    insert_rows(rows, on_conflict=_MARKED_AGAIN)
    transaction.on_commit(ring)


def _write_chunks(
    rewritten: Sequence[tuple[NodeMetadata, NodeDescription]], *, is_new: bool
) -> None:
    counts: dict[UUID, int] = {}
    chunks = []
    for node, description in rewritten:
        own = list(_chunks(node, description))
        counts[node.pk] = len(own)
        chunks += own
    if is_new:
        insert_rows(chunks)
        return
    insert_rows(chunks, unless=_SAID_ALREADY, on_conflict=_SAYS_ELSE)
    with prepared_cursor() as cursor:
        cursor.execute(_DROP_SURPLUS, [list(counts), list(counts.values())])


def _chunks(node: NodeMetadata, description: NodeDescription) -> Iterator[NodeChunk]:
    keywords = _first(" ".join(description.keywords))
    summary = _first(description.summary)
    for ordinal, passage in enumerate(_passages(description)):
        first = ordinal == 0
        yield NodeChunk(
            organization_id=node.organization_id,
            node_id=node.pk,
            ordinal=ordinal,
            heading=passage.heading[:500],
            anchor=passage.anchor[:500],
            title=_first(description.name) if first else "",
            keywords=keywords if first else "",
            summary=summary if first else "",
            text=passage.text,
            content_hash=_digest(
                [description.name, passage.heading, passage.anchor, passage.text]
                + ([keywords, summary] if first else [])
            ),
        )


def _passages(description: NodeDescription) -> Iterator[Passage]:
    for passage in description.passages or [Passage(text="")]:
        for text in _pieces(passage.text):
            yield replace(passage, text=text)


def _first(text: str) -> str:
    return next(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Cut `text` at blanks, else between characters, into pieces PostgreSQL can index."""
    while len(text) * 4 > _LONGEST_TEXT and len(text.encode()) > _LONGEST_TEXT:
        head = text.encode()[:_LONGEST_TEXT].decode(errors="ignore")
        blank = max(head.rfind(" "), head.rfind("\n"))
        end = blank + 1 if blank > len(head) // 2 else len(head)
        yield text[:end]
        text = text[end:]
    yield text


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
