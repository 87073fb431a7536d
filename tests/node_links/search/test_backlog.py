"""The backlog: embedded in batches, put off on failure, never lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from config.exceptions import CircuitOpenException, ExternalServiceException
from knowledge_base.models import Sop
from node_links.models import DirtyNode, NodeChunk, NodeMetadata
from node_links.registry import features
from node_links.search import backlog
from node_links.search.backlog import (
    backlog_age_seconds,
    backlog_size,
    drain,
    mark_outdated,
)
from node_links.tasks.search import embed_backlog, sweep_index
from tests.node_links.search.conftest import (
    FailingEmbedder,
    new_actor,
    node_of,
    rewrite_sop,
    write_sop,
)

pytestmark = pytest.mark.django_db

DOWN = ExternalServiceException("No answer.", "openai", "http://localhost/embeddings")


def refusal(status: int) -> ExternalServiceException:
    """Return what the embedder raises when its service answers with `status`."""
    return ExternalServiceException("Refused.", "openai", "http://localhost/", status=status)


def rows() -> list[DirtyNode]:
    """Return the whole backlog, the oldest first."""
    with system_scope():
        return list(DirtyNode.objects.order_by("marked_at", "pk"))


def make_due() -> None:
    """Let all that waits have waited long enough."""
    with system_scope():
        DirtyNode.objects.update(not_before=timezone.now() - timedelta(seconds=1))


def test_draining_gives_passages_and_nodes_their_vectors(actor: Actor) -> None:
    sop = write_sop(actor, "Title", "Start.\n## One\nfirst part\n## Two\nsecond part")
    assert backlog_size() == 1

    assert drain() == 1

    assert (backlog_size(), drain()) == (0, 0)
    node = node_of(actor, sop)
    assert (node.embedding_model, node.dimensions) == ("wordllama-l2-supercat-256", 256)
    with scope(actor), connection.cursor() as cursor:
        chunks = NodeChunk.objects.filter(node=node)
        assert {(c.embedding_model, c.dimensions) for c in chunks} == {
            ("wordllama-l2-supercat-256", 256)
        }
        cursor.execute(
            "SELECT 1 - (m.vector_embedding <=> a.mean), vector_norm(m.vector_embedding)"
            " FROM node_metadata m, (SELECT avg(vector_embedding) AS mean FROM node_chunks) a"
        )
        assert cursor.fetchall() == [(pytest.approx(1), pytest.approx(1))]


def test_a_passage_is_embedded_with_title_and_heading(
    actor: Actor, embedder: FailingEmbedder
) -> None:
    write_sop(actor, "Title", "## One\nfirst", summary="In short.")

    drain()

    assert embedder.asked == [["Title\nOne\nIn short.\nOne\nfirst"]]


def test_only_what_changed_is_embedded_again(actor: Actor, embedder: FailingEmbedder) -> None:
    sop = write_sop(actor, "Title", "Start.\n## One\nfirst\n## Two\nsecond")
    drain()
    embedder.asked.clear()

    rewrite_sop(actor, sop, content="Start.\n## One\nchanged\n## Two\nsecond")
    assert drain() == 1

    assert embedder.asked == [["Title\nOne\nOne\nchanged"]]


def test_nodes_of_all_organisations_are_done_in_batches(
    actor: Actor, embedder: FailingEmbedder
) -> None:
    other = new_actor("globex")
    for n in range(5):
        write_sop(actor, f"Acme {n}", "x")
        write_sop(other, f"Globex {n}", "x")
    sizes = (backlog_size(), backlog_size(actor.organization_id), backlog_size(other.user_id))
    assert sizes[:2] == (10, 5)

    assert drain(batch=4, until_empty=False) == 4
    assert drain(batch=4) == 6

    assert [len(texts) for texts in embedder.asked] == [4, 4, 2]


def test_when_the_embedder_is_down_nothing_is_lost_and_the_rest_stays_due(
    actor: Actor, embedder: FailingEmbedder
) -> None:
    for n in range(5):
        write_sop(actor, f"Title {n}", "x")
    embedder.error = DOWN

    assert drain(batch=2) == 0

    assert len(embedder.asked) == 1
    waiting = rows()
    now = timezone.now()
    assert [row.attempts for row in waiting] == [1, 1, 0, 0, 0]
    assert [row.not_before <= now for row in waiting] == [False, False, True, True, True]
    assert waiting[0].last_error == "ExternalServiceException: No answer."

    embedder.error = None
    assert drain(batch=2) == 3
    make_due()
    assert drain() == 2
    assert backlog_size() == 0


def test_an_open_circuit_stops_the_run_too(actor: Actor, embedder: FailingEmbedder) -> None:
    write_sop(actor, "Title", "x")
    embedder.error = CircuitOpenException("openai", 30)

    assert drain(batch=1) == 0

    [row] = rows()
    assert row.last_error == (
        "CircuitOpenException: openai failed repeatedly; calls are refused for now."
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 5), (1, 10), (3, 40), (6, 300), (1000, 300)])
def test_the_wait_doubles_up_to_five_minutes(
    actor: Actor, embedder: FailingEmbedder, attempts: int, seconds: int
) -> None:
    write_sop(actor, "Title", "x")
    with system_scope():
        DirtyNode.objects.update(attempts=attempts)
    embedder.error = DOWN

    before = timezone.now()
    drain()

    [row] = rows()
    assert row.attempts == attempts + 1
    waits = (row.not_before - before).total_seconds()
    assert seconds <= waits <= seconds + 5


@pytest.mark.parametrize("error", [refusal(400), refusal(413), refusal(422), ValueError("secret")])
def test_a_text_that_is_refused_does_not_hold_up_the_others(
    actor: Actor, embedder: FailingEmbedder, error: Exception
) -> None:
    other = new_actor("globex")
    for n in range(6):
        write_sop(actor, f"Title {n}", "poison" if n == 3 else "x")
        write_sop(other, f"Title {n}", "x")
    embedder.refuses = {"poison": error}

    assert drain() == 11

    [row] = rows()
    assert row.attempts == 1
    assert row.last_error in ("ExternalServiceException: Refused.", "ValueError")
    with scope(actor):
        assert NodeMetadata.objects.get(pk=row.pk).name == "Title 3"


def test_an_outage_in_the_middle_of_the_search_for_the_culprit_stops_it(
    actor: Actor, embedder: FailingEmbedder
) -> None:
    for n in range(4):
        write_sop(actor, f"Title {n}", {0: "poison", 1: "down"}.get(n, "x"))
    embedder.refuses = {"poison": refusal(400), "down": DOWN}

    assert drain() == 0

    assert len(embedder.asked) == 4
    assert [row.attempts for row in rows()] == [1, 1, 1, 1]


@pytest.mark.parametrize("answer", [[], [[1.0, 0.0, 0.0]], [[float("nan"), 0.0]], [[1.0, 0.0]] * 2])
def test_an_answer_that_cannot_be_stored_is_a_failure(
    actor: Actor,
    embedder: FailingEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    answer: list[list[float]],
) -> None:
    write_sop(actor, "Title", "x")
    monkeypatch.setattr(embedder, "embed", lambda texts: answer)

    assert drain() == 0

    [row] = rows()
    assert (row.attempts, row.last_error) == (1, "ValueError")


def test_a_node_marked_while_it_is_embedded_stays_in_the_backlog(
    actor: Actor, embedder: FailingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sop = write_sop(actor, "Title", "old")
    untouched = write_sop(actor, "Other", "x")
    finish = backlog._finish

    def write_meanwhile(*args: object) -> int:
        rewrite_sop(actor, sop, content="new")
        return finish(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(backlog, "_finish", write_meanwhile)
    assert drain(until_empty=False) == 1

    [row] = rows()
    assert row.pk == node_of(actor, sop).pk
    assert node_of(actor, untouched).vector_embedding is not None
    monkeypatch.undo()
    _use(monkeypatch, embedder)
    assert drain() == 1


def _use(monkeypatch: pytest.MonkeyPatch, embedder: FailingEmbedder) -> None:
    monkeypatch.setattr(backlog, "get_embedder", lambda: embedder)


def test_a_claimed_row_comes_back_after_its_lease(
    actor: Actor, embedder: FailingEmbedder, settings: Settings
) -> None:
    write_sop(actor, "Title", "x")
    claimed = backlog._claim(embedder, 10)

    assert len(claimed.marked) == 1
    assert drain() == 0
    assert backlog_size() == 1
    wait = rows()[0].not_before - timezone.now()
    assert 50 < wait.total_seconds() <= settings.INDEX_LEASE_SECONDS
    make_due()
    assert drain() == 1


def test_a_deleted_node_leaves_no_trace(
    actor: Actor, embedder: FailingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sop = write_sop(actor, "Title", "x")
    finish = backlog._finish

    def delete_meanwhile(*args: object) -> int:
        with scope(actor):
            node_of(actor, sop).delete()
        return finish(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(backlog, "_finish", delete_meanwhile)

    assert drain(until_empty=False) == 0
    assert backlog_size() == 0


def test_the_feature_is_handed_the_vector_of_its_entity(
    actor: Actor, embedder: FailingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: dict[UUID, list[float]] = {}

    def copy(entity_ids: Sequence[UUID]) -> None:
        nodes = NodeMetadata.objects.filter(entity_id__in=entity_ids)
        handed.update({n.entity_id: list(map(float, n.vector_embedding)) for n in nodes})

    plain = features.get(Sop.feature_type)
    copying = replace(plain, copy_vectors=copy)
    monkeypatch.setitem(features._features, Sop.feature_type, copying)
    sop = write_sop(actor, "Title", "x")

    assert drain() == 1

    assert handed == {sop.pk: [1.0, 0.0]}


def test_another_embedder_takes_over_bit_by_bit(actor: Actor, settings: Settings) -> None:
    for n in range(3):
        write_sop(actor, f"Title {n}", "x")
    assert drain() == 3
    assert mark_outdated() == 0

    settings.EMBEDDERS = {"failing": "tests.node_links.search.conftest.build_failing"}
    settings.EMBEDDER = "failing"

    assert (mark_outdated(limit=2), mark_outdated(limit=2), mark_outdated(limit=2)) == (2, 1, 0)
    assert drain() == 3
    assert mark_outdated() == 0
    with scope(actor):
        models = set(NodeChunk.objects.values_list("embedding_model", "dimensions"))
    assert models == {("failing", 2)}


@pytest.mark.parametrize("dimensions", [1, 3])
def test_the_same_model_with_another_length_is_outdated(
    actor: Actor, embedder: FailingEmbedder, dimensions: int
) -> None:
    write_sop(actor, "Title", "x")
    drain()
    with scope(actor):
        NodeChunk.objects.update(dimensions=dimensions)

    assert mark_outdated() == 1


def test_what_waits_already_keeps_its_failures(actor: Actor, embedder: FailingEmbedder) -> None:
    write_sop(actor, "Title", "x")
    embedder.error = DOWN
    drain()

    assert mark_outdated() == 0
    assert rows()[0].attempts == 1


def test_the_age_is_that_of_the_oldest(actor: Actor) -> None:
    assert backlog_age_seconds() == 0.0
    write_sop(actor, "Title", "x")
    write_sop(actor, "Other", "x")
    with system_scope():
        DirtyNode.objects.filter(pk=rows()[0].pk).update(
            marked_at=timezone.now() - timedelta(seconds=90)
        )

    assert 90 <= backlog_age_seconds() < 100


def test_the_tasks_drain_and_the_sweep_also_looks_for_what_was_forgotten(
    actor: Actor, embedder: FailingEmbedder
) -> None:
    write_sop(actor, "Title", "x")
    assert embed_backlog() == 1
    write_sop(actor, "Other", "x")
    with system_scope():
        DirtyNode.objects.all().delete()

    assert embed_backlog() == 0
    assert sweep_index() == 1


def test_the_sweep_is_on_the_schedule(settings: Settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["sweep-search-index"]

    assert entry["task"] == sweep_index.name
    assert entry["schedule"] == settings.INDEX_SWEEP_SECONDS
    assert entry["options"]["queue"] == "embeddings"
