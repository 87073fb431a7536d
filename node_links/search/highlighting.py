"""The passage that a hit shows: about forty words around what was asked for, terms marked."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.replica import reader
from node_links.search.fulltext import BLANKS

MAX_WORDS = 40
MIN_WORDS = 20

# Private-use characters stand for the marks, and for what PostgreSQL's parser would take for HTML,
# which it drops, or for a path, which it marks as a whole. Texts that contain them lose them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_SPECIAL, _STAND_INS = "<&/", "\ue002\ue003\ue004"
_RESTORE = str.maketrans(_STAND_INS, _SPECIAL)
_OPTIONS = (
    f'StartSel="{_OPEN}", StopSel="{_CLOSE}", MaxWords={MAX_WORDS}, MinWords={MIN_WORDS},'
    " ShortWord=0, MaxFragments=0"
)

# The weights {D, C, B, A} count the text alone: the title, which the first passage carries, is
# shown anyway. A node without passages shows its summary.
_PASSAGES = """
WITH wanted AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS w (node_id, chunk_id, place)
), asked AS (
    SELECT replace(strip(to_tsvector('english', %s))::text, ''' ''', ''' | ''')::tsquery AS query
)
SELECT w.place, c.heading, c.anchor, ts_headline('english', c.passage, asked.query, %s)
FROM wanted w CROSS JOIN asked CROSS JOIN LATERAL (
    SELECT heading, anchor, translate(
        coalesce(nullif(text, ''), nullif(summary, ''), title), %s, %s
    ) AS passage
    FROM node_chunks
    WHERE node_id = w.node_id AND (w.chunk_id IS NULL OR chunk_id = w.chunk_id)
    ORDER BY ts_rank('{1, 0, 0, 0}', search_vector, asked.query, 1) DESC, ordinal LIMIT 1
) AS c
"""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as HTML in which everything but `<mark>` is escaped, and where it stands."""

    heading: str = ""
    anchor: str = ""
    passage: str = ""


def find_excerpts(*, query: str, places: Sequence[tuple[UUID, UUID | None]]) -> list[Excerpt]:
    """Return an excerpt for each (node, chunk) of `places`, in the same order.

    Where the chunk is None, the node's passage that matches the words of `query` best.
    """
    if not places:
        return []
    parameters: list[Any] = [
        [node for node, _ in places],
        [chunk for _, chunk in places],
        query.translate(BLANKS),
        _OPTIONS,
        _SPECIAL + _STAND_INS + _OPEN + _CLOSE,
        _STAND_INS,
    ]
    with reader().cursor() as cursor:
        cursor.execute(_PASSAGES, parameters)
        found = {
            place: Excerpt(heading, anchor, _escape(headline))
            for place, heading, anchor, headline in cursor.fetchall()
        }
    return [found.get(place, Excerpt()) for place in range(1, len(places) + 1)]


def _escape(headline: str) -> str:
    """Turn the stand-ins back: marks into tags, the rest into escaped text."""
    text = html.escape(headline.translate(_RESTORE), quote=False)
    return text.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")
