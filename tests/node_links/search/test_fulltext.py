"""BM25, checked against the formula computed by hand."""

import math
from uuid import UUID

import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.tenancy import scope
from node_links.models import NodeMetadata, NodePosting
from node_links.search.candidates import Candidates
from node_links.search.fulltext import K1, B, query_lexemes, rank_by_words
from tests.node_links.search.conftest import new_actor, node_of, rewrite_sop, write_sop

pytestmark = pytest.mark.django_db


def bm25(actor: Actor, lexemes: list[str]) -> dict[UUID, float]:
    """Return the score of each node, from the postings, by the textbook."""
    nodes = {n.pk: n.text_length for n in NodeMetadata.objects.visible_to(actor)}
    mean = sum(nodes.values()) / len(nodes)
    scores: dict[UUID, float] = {}
    for lexeme in lexemes:
        rows = NodePosting.objects.filter(lexeme=lexeme, node_id__in=nodes)
        idf = math.log(1 + (len(nodes) - len(rows) + 0.5) / (len(rows) + 0.5))
        for row in rows:
            norm = K1 * (1 - B + B * nodes[row.node_id] / mean)
            gain = idf * row.frequency * (K1 + 1) / (row.frequency + norm)
            scores[row.node_id] = scores.get(row.node_id, 0.0) + gain
    return scores


def test_scores_are_those_of_the_formula(actor: Actor) -> None:
    write_sop(actor, "Database", "restart the database, then the database again")
    write_sop(actor, "Printer", "restart it", summary="database of printers")
    write_sop(actor, "Holidays", "nothing of the kind", tags=["restart"])
    other = new_actor("globex")
    for n in range(5):
        write_sop(other, f"Database {n}", "restart " * n)

    with scope(actor):
        lexemes = query_lexemes("Restarting databases")
        ranking = rank_by_words(candidates=Candidates.of(actor), lexemes=lexemes, limit=10)
        expected = bm25(actor, lexemes)

    assert lexemes == ["restart", "databas"]
    assert ranking.count == 3
    assert {m.node: m.score for m in ranking.matches} == pytest.approx(expected)
    scores = [m.score for m in ranking.matches]
    assert scores == sorted(scores, reverse=True)


def test_an_occurrence_counts_by_its_field(actor: Actor) -> None:
    everywhere = {
        "title": write_sop(actor, "gizmo", "text"),
        "keyword": write_sop(actor, "One", "text", search_keywords=["gizmo"]),
        "summary": write_sop(actor, "Two", "text", summary="gizmo"),
        "text": write_sop(actor, "Six", "gizmo"),
    }

    with scope(actor):
        found = {
            name: NodePosting.objects.get(node__entity_id=sop.pk, lexeme="gizmo").frequency
            for name, sop in everywhere.items()
        }

    assert found == {"title": 4.0, "keyword": 3.0, "summary": 2.0, "text": 1.0}


def test_equals_are_ordered_by_their_ids(actor: Actor) -> None:
    sops = [write_sop(actor, "Same", "the same text") for _ in range(5)]

    with scope(actor):
        ranking = rank_by_words(candidates=Candidates.of(actor), lexemes=["text"], limit=10)

    assert [m.entity_id for m in ranking.matches] == sorted(sop.pk for sop in sops)


def test_a_changed_text_is_found_by_its_new_words_only(actor: Actor) -> None:
    sop = write_sop(actor, "Title", "old words")
    rewrite_sop(actor, sop, content="")

    with scope(actor):
        candidates = Candidates.of(actor)
        old = rank_by_words(candidates=candidates, lexemes=["old"], limit=10)
        new = rank_by_words(candidates=candidates, lexemes=["titl"], limit=10)

    assert (old.count, new.count) == (0, 1)
    assert node_of(actor, sop).text_length == 4.0


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("kubectl get <namespace>", "namespace"),
        ("Start/stop the service", "stop"),
        ("see config/settings.py", "config"),
        ("https://status.example.org/incidents", "incidents"),
        ("the wi-fi password", "wi-fi"),
        ("mail ops@example.org", "ops@example.org"),
        ("set MAX_SIZE", "max_size"),
    ],
)
def test_words_inside_signs_are_found(actor: Actor, written: str, asked: str) -> None:
    sop = write_sop(actor, "Title", written)

    with scope(actor):
        found = rank_by_words(
            candidates=Candidates.of(actor), lexemes=query_lexemes(asked), limit=10
        )

    assert [match.entity_id for match in found.matches] == [sop.pk]


def test_ranking_reads_the_index_of_postings_alone(actor: Actor) -> None:
    write_sop(actor, "Title", "some words")

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'node_postings_pkey'")
        [(definition,)] = cursor.fetchall()

    assert "(organization_id, lexeme, node_id) INCLUDE (frequency)" in definition
