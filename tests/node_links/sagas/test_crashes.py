"""A runner killed between two steps, and two runners at once; with real transactions."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from celery import current_app
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from config.doorbells import broker_outage
from node_links.models import Saga
from node_links.sagas.definitions import SagaContext
from node_links.sagas.resuming import resume_sagas
from node_links.sagas.running import run_saga
from node_links.sagas.starting import start_saga
from tests.factories import make_cast
from tests.node_links.sagas.conftest import Register, expire, reread, rows, start, steps, told_of
from tests.node_links.sagas.probes import probe, write

pytestmark = pytest.mark.django_db(transaction=True)

# Runs the saga in another process, and hangs inside the step that is named.
HANGING_RUN = """
import sys, threading
from uuid import UUID
import django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = sys.argv[1]
connections["default"].settings_dict["NAME"] = sys.argv[1]
from config.exceptions import Conflict
from node_links.sagas.definitions import sagas
from node_links.sagas.running import run_saga
from tests.node_links.sagas.probes import probe, remove, write
def hang(context):
    (write("two") if sys.argv[3] == "two" else remove("one"))(context)
    print("hanging", flush=True)
    threading.Event().wait()
def refuse(context):
    raise Conflict("no")
others = {"two": hang} if sys.argv[3] == "two" else {"three": refuse, "undo_one": hang}
sagas.register(probe(**others))
run_saga(UUID(sys.argv[2]))
"""


def kill_while_hanging(saga: Saga, where: str) -> None:
    """Run the saga in a process of its own and kill that one inside a step."""
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HANGING_RUN,
            str(connection.settings_dict["NAME"]),
            str(saga.pk),
            where,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout is not None
        lines = iter(run.stdout.readline, "")
        assert any(line == "hanging\n" for line in lines)
        os.kill(run.pid, signal.SIGKILL)
    finally:
        run.kill()
        run.wait()


def test_a_saga_killed_between_two_steps_is_completed_with_effects_once(
    register: Register,
) -> None:
    cast = make_cast()
    register(probe())
    saga = start(cast.editor)

    kill_while_hanging(saga, "two")

    assert steps(saga) == [("one", "done"), ("two", "running"), ("three", "pending")]
    assert rows(cast.editor) == ["one-x"]
    assert resume_sagas() == 0
    expire(saga)
    assert resume_sagas() == 1
    assert rows(cast.editor) == ["one-x", "three-x", "two-x"]
    assert (reread(saga).status, reread(saga).fencing_token) == ("completed", 2)
    assert told_of(saga) == ["SagaStarted", "SagaCompleted"]
    with scope(cast.editor.actor):
        assert [step.tries for step in saga.steps.order_by("position")] == [1, 2, 1]


def test_a_saga_killed_while_going_back_is_undone_to_the_end(register: Register) -> None:
    cast = make_cast()
    register(probe())
    saga = start(cast.editor)

    kill_while_hanging(saga, "undo_one")

    assert (reread(saga).status, rows(cast.editor)) == ("compensating", ["one-x"])
    expire(saga)
    assert resume_sagas() == 1
    assert rows(cast.editor) == []
    assert reread(saga).status == "compensated"
    assert steps(saga) == [("one", "compensated"), ("two", "compensated"), ("three", "failed")]
    assert told_of(saga) == ["SagaStarted", "SagaCompensated"]


def test_nobody_takes_over_while_a_step_is_at_work(register: Register, settings: Settings) -> None:
    settings.SAGA_LEASE_SECONDS = -1  # each lease has ended before it begins
    cast = make_cast()
    entered, go_on = threading.Event(), threading.Event()

    def wait(context: SagaContext) -> dict[str, object] | None:
        entered.set()
        assert go_on.wait(20)
        return write("two")(context)

    register(probe(two=wait))
    saga = start(cast.editor)

    def run() -> None:
        run_saga(saga.pk)
        connection.close()

    runner = threading.Thread(target=run)
    runner.start()
    assert entered.wait(20)
    assert run_saga(saga.pk) is None
    go_on.set()
    runner.join()

    assert reread(saga).status == "completed"
    assert rows(cast.editor) == ["one-x", "three-x", "two-x"]


def test_a_worker_is_asked_once_the_saga_is_committed(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, args, **options: sent.append((name, args))
    )
    cast = make_cast()
    register(probe())
    with scope(cast.editor.actor):
        saga = start_saga(actor=cast.editor.actor, name="probe", payload={"mark": "x"})
        assert sent == []

    assert sent == [("node_links.tasks.sagas.run_saga", [str(saga.pk)])]


def test_a_broker_that_is_away_is_asked_once_and_the_saga_waits_for_the_sweeper(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def away(name: str, **options: object) -> None:
        asked.append(name)
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", away)
    cast = make_cast()
    register(probe())
    broker_outage.reset()
    try:
        for mark in ("x", "y"):
            with scope(cast.editor.actor):
                actor = cast.editor.actor
                saga = start_saga(actor=actor, name="probe", payload={"mark": mark})
            expire(saga)
    finally:
        broker_outage.reset()

    assert len(asked) == 1
    assert resume_sagas() == 2


def test_a_saga_can_not_be_run_inside_a_transaction(register: Register) -> None:
    cast = make_cast()
    register(probe())
    saga = start(cast.editor)

    with scope(cast.editor.actor), pytest.raises(RuntimeError):
        run_saga(saga.pk)

    assert reread(saga).status == "pending"
