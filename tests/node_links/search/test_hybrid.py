"""Searching by words, by meaning and by both."""

from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.exceptions import (
    CircuitOpenException,
    ExternalServiceException,
    InfrastructureException,
    ValidationFailed,
)
from knowledge_base.models import Sop
from node_links.search.backlog import drain
from node_links.search.hybrid import SearchPage, search
from node_links.services.nodes.syncing import set_nodes_deleted
from tests.node_links.search.conftest import (
    FailingEmbedder,
    new_actor,
    node_of,
    titles,
    write_sop,
)

pytestmark = pytest.mark.django_db


def find(actor: Actor, query: str, mode: str = "text", **options: object) -> SearchPage:
    """Search in a scope of the actor."""
    with scope(actor):
        return search(actor=actor, query=query, mode=mode, **options)  # type: ignore[arg-type]


@pytest.fixture
def handbook(actor: Actor) -> list[Sop]:
    """Three procedures with their vectors."""
    sops = [
        write_sop(
            actor,
            "Restart the database",
            "## Steps\nStop the primary, wait, then restart postgres.\n"
            "## Roll back\nRestore it from the backup tape.",
        ),
        write_sop(
            actor,
            "Vacation policy",
            "Everybody takes paid holidays. Ask your manager for leave two weeks before.",
        ),
        write_sop(actor, "Write a postmortem", "Describe what happened after the incident."),
    ]
    assert drain() == 3
    return sops


def test_words_are_stemmed_and_any_of_them_suffices(actor: Actor, handbook: list[Sop]) -> None:
    page = find(actor, "how do I restore backups of unicorns?")

    assert titles(page.hits, handbook) == ["Restart the database"]
    assert (page.count, page.degraded) == (1, False)
    [hit] = page.hits
    assert (hit.text_rank, hit.semantic_rank) == (1, None)
    assert (hit.heading, hit.anchor) == ("Roll back", "roll-back")
    assert hit.passage == ("Roll back\n<mark>Restore</mark> it from the <mark>backup</mark> tape.")
    assert hit.node_id == node_of(actor, handbook[0]).pk
    assert hit.feature_type == "knowledge-base"


def test_meaning_finds_what_words_do_not(actor: Actor, handbook: list[Sop]) -> None:
    assert find(actor, "time off work").hits == []

    page = find(actor, "time off work", "semantic")

    assert titles(page.hits, handbook)[0] == "Vacation policy"
    assert page.hits[0].semantic_rank == 1
    assert page.hits[0].text_rank is None
    assert 0.15 <= page.hits[0].score <= 1


def test_both_are_fused_by_reciprocal_rank(actor: Actor, handbook: list[Sop]) -> None:
    page = find(actor, "restart postgres", "hybrid")

    best = page.hits[0]
    assert best.entity_id == handbook[0].pk
    assert (best.text_rank, best.semantic_rank) == (1, 1)
    assert best.score == pytest.approx(2 / 61)
    assert "<mark>restart</mark> <mark>postgres</mark>" in best.passage


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
@pytest.mark.parametrize("query", ["", "  \n\t ", "\0"])
def test_a_blank_query_finds_nothing(
    actor: Actor, handbook: list[Sop], mode: str, query: str
) -> None:
    assert find(actor, query, mode).count == 0


def test_stop_words_alone_find_nothing_by_words(actor: Actor, handbook: list[Sop]) -> None:
    page = find(actor, "what is it that the")

    assert (page.count, page.hits) == (0, [])


def test_pages_follow_each_other_and_the_count_stays_exact(actor: Actor) -> None:
    sops = [write_sop(actor, f"Alpha {n}", "alpha " * n) for n in range(1, 8)]

    pages = [find(actor, "alpha", limit=3, offset=offset) for offset in (0, 3, 6, 9)]

    assert [page.count for page in pages] == [7, 7, 7, 7]
    assert [len(page.hits) for page in pages] == [3, 3, 1, 0]
    seen = [hit.entity_id for page in pages for hit in page.hits]
    assert sorted(seen) == sorted(sop.pk for sop in sops)
    assert [hit.text_rank for page in pages for hit in page.hits] == [1, 2, 3, 4, 5, 6, 7]


def test_fused_pages_do_not_repeat_a_hit(actor: Actor, handbook: list[Sop]) -> None:
    whole = find(actor, "restart after an incident", "hybrid")
    parts = [
        find(actor, "restart after an incident", "hybrid", limit=1, offset=n)
        for n in range(whole.count)
    ]

    assert [part.hits[0] for part in parts] == whole.hits
    assert find(actor, "restart", "hybrid", offset=100).hits == []


def test_nobody_finds_what_another_organisation_wrote(actor: Actor, handbook: list[Sop]) -> None:
    stranger = new_actor("globex")

    for mode in ("text", "semantic", "hybrid"):
        assert find(actor, "restart postgres", mode).count > 0
        assert find(stranger, "restart postgres", mode).count == 0
        # The condition in the statement is a wall by itself, where row security lets all through.
        with system_scope():
            assert search(actor=stranger, query="restart postgres", mode=mode).count == 0


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
def test_row_security_is_a_wall_by_itself(actor: Actor, handbook: list[Sop], mode: str) -> None:
    stranger = new_actor("globex")

    with scope(stranger):
        page = search(actor=actor, query="restart postgres", mode=mode)

    assert page.hits == []


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
def test_deleted_and_unsearchable_entities_are_not_found(
    actor: Actor, handbook: list[Sop], mode: str
) -> None:
    hidden = write_sop(actor, "Restart postgres", "restart postgres", searchable=False)
    drain()
    gone = handbook[0]
    with scope(actor):
        gone.deleted_at = gone.updated_at
        set_nodes_deleted(entity=gone)

    found = {hit.entity_id for hit in find(actor, "restart postgres", mode).hits}

    assert not found & {hidden.pk, gone.pk}


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
def test_a_queryset_or_a_list_of_ids_narrows_the_search(
    actor: Actor, handbook: list[Sop], mode: str
) -> None:
    write_sop(actor, "Restart the printer", "restart postgres too", tags=["office"])
    drain()
    tagged = Sop.objects.tagged_any(["office"])

    for entities in (tagged, tagged.order_by("title"), [sop.pk for sop in tagged_in(actor)]):
        page = find(actor, "restart", mode, entities=entities)
        assert [hit.entity_id for hit in page.hits] == [sop.pk for sop in tagged_in(actor)]
    assert find(actor, "restart", mode, entities=Sop.objects.none()).count == 0
    assert find(actor, "restart", mode, entities=[uuid4()]).count == 0
    assert find(actor, "restart", mode, feature_types=["spindle"]).count == 0
    assert find(actor, "restart", mode, feature_types=["spindle", "knowledge-base"]).count >= 2


def tagged_in(actor: Actor) -> list[Sop]:
    """Return the procedures with the tag `office`."""
    with scope(actor):
        return list(Sop.objects.tagged_any(["office"]))


def test_a_narrowed_search_keeps_the_scores(actor: Actor, handbook: list[Sop]) -> None:
    everywhere = find(actor, "restart the incident").hits
    for hit in everywhere:
        [alone] = find(actor, "restart the incident", entities=[hit.entity_id]).hits
        assert alone.score == hit.score


OUTAGES = [
    ExternalServiceException("down", "openai", "http://localhost/embeddings"),
    CircuitOpenException("openai", 30.0),
]


@pytest.mark.parametrize("error", OUTAGES, ids=["failing", "circuit-open"])
def test_without_the_embedder_hybrid_goes_by_words_and_says_so(
    actor: Actor, handbook: list[Sop], embedder: FailingEmbedder, error: InfrastructureException
) -> None:
    embedder.error = error

    page = find(actor, "restart", "hybrid")

    assert page.degraded
    assert page.hits == find(actor, "restart", "text").hits
    assert len(page.hits) == 1


@pytest.mark.parametrize("error", OUTAGES, ids=["failing", "circuit-open"])
def test_without_the_embedder_semantic_raises_its_error(
    actor: Actor, handbook: list[Sop], embedder: FailingEmbedder, error: InfrastructureException
) -> None:
    embedder.error = error

    with pytest.raises(type(error)):
        find(actor, "restart", "semantic")


def test_the_vector_of_a_query_is_remembered(
    actor: Actor, handbook: list[Sop], embedder: FailingEmbedder
) -> None:
    for _ in range(3):
        find(actor, "restart  it", "semantic")
    find(actor, "restart it", "hybrid")

    assert embedder.asked == [["restart it"]]


def test_vectors_of_another_model_are_not_compared(
    actor: Actor, handbook: list[Sop], embedder: FailingEmbedder
) -> None:
    assert find(actor, "restart", "semantic").count == 0
    assert find(actor, "restart", "hybrid").count == 1


def test_passages_below_the_floor_are_no_answer(
    actor: Actor, handbook: list[Sop], settings: Settings
) -> None:
    settings.SEMANTIC_FLOOR = 0.99

    assert find(actor, "time off work", "semantic").count == 0


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"mode": "magic"}, "?mode"),
        ({"query": "x" * 1001}, "?q"),
        ({"limit": 0}, "?page_size"),
        ({"limit": 101}, "?page_size"),
        ({"offset": -1}, "?page_size"),
        ({"actor": Actor(None, None, Role.EDITOR)}, "?organization"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    actor: Actor, options: dict[str, object], pointer: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        search(**{"actor": actor, "query": "x", **options})  # type: ignore[arg-type]

    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "query",
    [
        "'",
        "''",
        "\\",
        "a'b\\c",
        "!",
        "&|!<->()",
        ":*",
        "foo:*&bar",
        "<b>x</b>",
        "%s %(x)s",
        "\ud800",
        "http://a.example/b?c=d",
        "wi-fi",
        "O'Brien's",
        "\ue000\ue001",
        "{}",
        "🙂",
        "x" * 1000,
    ],
)
@pytest.mark.parametrize("mode", ["text", "hybrid"])
def test_no_query_breaks_the_statement(
    actor: Actor, handbook: list[Sop], query: str, mode: str
) -> None:
    page = find(actor, query, mode)

    assert page.count == len(page.hits)
