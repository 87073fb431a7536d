"""Runs beside each other, beside writers, and killed in the middle; with real transactions."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import F

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from node_links.models import DirtyNode
from node_links.search import backlog
from node_links.search.backlog import backlog_size, drain
from node_links.search.embedding import embed_texts
from tests.blocking import wait_until_blocked
from tests.node_links.search.conftest import (
    FailingEmbedder,
    new_actor,
    node_of,
    rewrite_sop,
    write_sop,
)

pytestmark = pytest.mark.django_db(transaction=True)

# Claims in another process, says so, and hangs like an embedder that does not answer.
HANGING_RUN = """
import sys, threading
import django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = sys.argv[1]
connections["default"].settings_dict["NAME"] = sys.argv[1]
from node_links.search import backlog
class Hanging:
    model, dimensions = "failing", 2
    def embed(self, texts):
        print("embedding", len(texts), flush=True)
        threading.Event().wait()
backlog.get_embedder = Hanging
backlog.drain(batch=3)
"""


def test_a_killed_run_loses_nothing(embedder: FailingEmbedder) -> None:
    actor = new_actor("acme")
    for n in range(5):
        write_sop(actor, f"Title {n}", "x")
    run = subprocess.Popen(
        [sys.executable, "-c", HANGING_RUN, str(connection.settings_dict["NAME"])],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == "embedding 3\n"
    finally:
        run.kill()
        run.wait()

    assert backlog_size() == 5
    with system_scope():
        assert DirtyNode.objects.exclude(attempts=0).count() == 0
        DirtyNode.objects.update(not_before=F("marked_at"))
    assert drain() == 5
    assert backlog_size() == 0


def test_two_runs_at_once_share_the_work(embedder: FailingEmbedder) -> None:
    actor = new_actor("acme")
    for n in range(40):
        write_sop(actor, f"Title {n}", f"text {n}")
    done: list[int] = []

    def run() -> None:
        done.append(drain(batch=3))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(done) == 40
    texts = [text for asked in embedder.asked for text in asked]
    assert len(texts) == len(set(texts)) == 40
    assert backlog_size() == 0


def test_a_run_neither_waits_for_a_writer_nor_blocks_one(embedder: FailingEmbedder) -> None:
    actor = new_actor("acme")
    held, free = write_sop(actor, "Held", "x"), write_sop(actor, "Free", "x")
    claimed = backlog._claim(embedder, 10)
    outcome = embed_texts(embedder, claimed.texts)
    done: list[int] = []

    def finish() -> None:
        done.append(backlog._finish(embedder, claimed, outcome))
        connection.close()

    with scope(actor):
        sop = Sop.objects.select_for_update().get(pk=held.pk)
        rewrite_sop(actor, sop, content="changed")
        thread = threading.Thread(target=finish)
        thread.start()
        thread.join(timeout=10)
        assert done == [1]

    assert backlog_size() == 1
    assert node_of(actor, free).vector_embedding is not None
    assert node_of(actor, held).vector_embedding is None
    assert drain() == 1


def test_a_run_that_looks_for_work_does_not_put_off_what_another_has_done(
    embedder: FailingEmbedder,
) -> None:
    actor = new_actor("acme")
    sop = write_sop(actor, "Title", "x")
    claimed = backlog._claim(embedder, 10)
    outcome = embed_texts(embedder, claimed.texts)

    def finish() -> int:
        try:
            return backlog._finish(embedder, claimed, outcome)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with system_scope():
            assert len(DirtyNode.objects.select_for_update()) == 1
            late = other.submit(finish)
            wait_until_blocked(late)
        assert late.result(timeout=10) == 1

    assert backlog_size() == 0
    assert node_of(actor, sop).vector_embedding is not None


def test_no_lock_is_held_while_the_embedder_works(embedder: FailingEmbedder) -> None:
    actor = new_actor("acme")
    sop = write_sop(actor, "Title", "x")
    working, go_on = threading.Event(), threading.Event()
    embed = embedder.embed

    def slow(texts: list[str]) -> list[list[float]]:
        working.set()
        assert go_on.wait(timeout=30)
        return embed(texts)

    embedder.embed = slow  # type: ignore[method-assign, assignment]
    done: list[int] = []

    def run() -> None:
        done.append(drain(until_empty=False))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert working.wait(timeout=30)
        rewrite_sop(actor, sop, content="changed meanwhile")
    finally:
        go_on.set()
        thread.join()
        del embedder.embed

    assert done == [0]
    assert backlog_size() == 1
