"""Finding by words: BM25 over the postings, in the statistics of the caller's own organisation.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section 3.
The terms of a query are joined by OR: a question in natural language ANDed finds nothing. Terms are
stemmed by PostgreSQL's `english` configuration, in which stop words fall out; a query of nothing
else finds nothing by words.
"""

from dataclasses import dataclass
from uuid import UUID

from config.replica import reader
from node_links.search.candidates import Candidates

K1 = 1.2
B = 0.75

BLANKS = str.maketrans("</", "  ")
"""What counts as a blank when texts and queries are taken apart (see `NodeChunk`)."""

_LEXEMES = "SELECT lexeme FROM unnest(to_tsvector('english', %s)) ORDER BY positions[1]"

# Rarity and average length come from all that the organisation can find, not from what a filter
# leaves of it: a filter must not change the order of what passes it. Nodes stand for their entity,
# which takes the score of its best node; only the page's entities are asked which node that was.
_RANK = """
WITH visible AS MATERIALIZED (
    SELECT m.metadata_id AS node, m.feature_type, m.entity_id, m.text_length
    FROM node_metadata m WHERE {visible}
), corpus AS MATERIALIZED (
    SELECT count(*)::float8 AS size, greatest(avg(text_length), 1) AS mean_length FROM visible
), occurrences AS MATERIALIZED (
    SELECT v.node, v.feature_type, v.entity_id, p.lexeme,
        p.frequency * (%s + 1)
        / (p.frequency + %s * (1 - %s + %s * v.text_length / c.mean_length)) AS weight
    FROM node_postings p JOIN visible v ON v.node = p.node_id CROSS JOIN corpus c
    WHERE p.organization_id = %s AND p.lexeme = ANY(%s)
), rarity AS MATERIALIZED (
    SELECT o.lexeme, ln(1 + (c.size - o.nodes + 0.5) / (o.nodes + 0.5)) AS idf
    FROM (SELECT lexeme, count(*) AS nodes FROM occurrences GROUP BY lexeme) o CROSS JOIN corpus c
), nodes AS MATERIALIZED (
    SELECT o.node, o.feature_type, o.entity_id, sum(r.idf * o.weight) AS score
    FROM occurrences o JOIN rarity r USING (lexeme)
    WHERE {allowed}
    GROUP BY o.node, o.feature_type, o.entity_id
), entities AS MATERIALIZED (
    SELECT feature_type, entity_id, max(score) AS score FROM nodes GROUP BY feature_type, entity_id
), page AS MATERIALIZED (
    SELECT * FROM entities ORDER BY score DESC, entity_id LIMIT %s OFFSET %s
)
SELECT total.count, best.*
FROM (SELECT count(*) FROM entities) AS total LEFT JOIN (
    SELECT DISTINCT ON (page.score, entity_id, feature_type)
        feature_type, entity_id, n.node, page.score
    FROM page JOIN nodes n USING (feature_type, entity_id)
    ORDER BY page.score DESC, entity_id, feature_type, n.score DESC, n.node
) AS best ON true
ORDER BY best.score DESC, best.entity_id
"""


@dataclass(frozen=True, slots=True)
class Match:
    """An entity that was found: its address, its best node, its score.

    `node` is the key of `node_metadata`. `chunk` is the best passage where the ranking knows it.
    """

    feature_type: str
    entity_id: UUID
    node: UUID
    score: float
    chunk: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A page of matches, best first, and how many there are in all."""

    count: int
    matches: list[Match]


def query_lexemes(query: str) -> list[str]:
    """Return the stems of a query's words, in order, each once, without stop words."""
    with reader().cursor() as cursor:
        cursor.execute(_LEXEMES, [query.translate(BLANKS)])
        return [lexeme for (lexeme,) in cursor.fetchall()]


def rank_by_words(
    *, candidates: Candidates, lexemes: list[str], limit: int, offset: int = 0
) -> Ranking:
    """Return the entities that hold any of `lexemes`, by BM25; equals are ordered by entity id.

    The score has no upper bound and says nothing across queries. `count` is exact.
    """
    if not lexemes:
        return Ranking(0, [])
    visible, of_tenant = candidates.visible()
    allowed, of_filter = candidates.allowed("o")
    parameters = [*of_tenant, K1, K1, B, B, candidates.organization_id, lexemes]
    parameters += [*of_filter, limit, offset]
    with reader().cursor() as cursor:
        cursor.execute(_RANK.format(visible=visible, allowed=allowed), parameters)
        rows = cursor.fetchall()
    found = [Match(*row[1:]) for row in rows if row[1] is not None]
    return Ranking(rows[0][0], found)
