"""Sagas from start to end: forward, backward, and when even going backward fails."""

from uuid import uuid4

import pytest
from django.db import OperationalError

from accounts.tenancy import scope
from config.exceptions import Conflict, InvalidTransition, NotFound
from node_links.models import Saga
from node_links.sagas.compensating import retry_compensation
from node_links.sagas.definitions import SagaContext, SagaDefinition, Step, UnknownSaga, sagas
from node_links.sagas.resuming import count_stuck_sagas, resume_sagas
from node_links.sagas.running import run_saga
from node_links.tasks.sagas import run_saga as run_saga_task
from node_links.tasks.sagas import sweep_sagas
from tests.factories import Cast
from tests.node_links.sagas.conftest import (
    Register,
    expire,
    reread,
    rows,
    start,
    steps,
    told_of,
)
from tests.node_links.sagas.probes import probe, write

pytestmark = pytest.mark.django_db


def refuse(context: SagaContext) -> None:
    raise Conflict("The third step refuses.")


def break_down(context: SagaContext) -> None:
    raise ValueError("cannot be undone")


def test_all_steps_run_in_order_each_knowing_what_came_before(
    cast: Cast, register: Register
) -> None:
    register(probe())
    saga = start(cast.editor)
    assert (saga.status, steps(saga)[0]) == ("pending", ("one", "pending"))

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert (outcome.saga.status, outcome.error) == ("completed", None)
    assert outcome.saga.finished_at is not None
    assert rows(cast.editor) == ["one-x", "three-x", "two-x"]
    assert steps(saga) == [("one", "done"), ("two", "done"), ("three", "done")]
    assert told_of(saga) == ["SagaStarted", "SagaCompleted"]


def test_a_finished_saga_is_run_by_nobody_again(cast: Cast, register: Register) -> None:
    register(probe())
    saga = start(cast.editor)
    run_saga(saga.pk)

    assert run_saga(saga.pk) is None
    assert run_saga_task(str(saga.pk)) is None
    assert run_saga(uuid4()) is None
    assert len(rows(cast.editor)) == 3


def test_a_refusal_undoes_what_was_done_in_reverse(cast: Cast, register: Register) -> None:
    undone: list[str] = []
    register(probe(undone, three=refuse))
    saga = start(cast.editor)

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert isinstance(outcome.error, Conflict)
    assert outcome.saga.status == "compensated"
    assert outcome.saga.error == "three: Conflict: The third step refuses."
    assert undone == ["two", "one"]
    assert rows(cast.editor) == []
    assert steps(saga) == [("one", "compensated"), ("two", "compensated"), ("three", "failed")]
    assert told_of(saga) == ["SagaStarted", "SagaCompensated"]
    assert count_stuck_sagas() == 0


def test_what_a_refusing_step_wrote_itself_is_gone(cast: Cast, register: Register) -> None:
    def write_and_refuse(context: SagaContext) -> None:
        write("two")(context)
        raise Conflict("after all")

    register(probe(two=write_and_refuse))

    outcome = run_saga(start(cast.editor).pk)

    assert outcome is not None
    assert outcome.saga.status == "compensated"
    assert rows(cast.editor) == []


def test_a_compensation_that_fails_for_good_stops_no_other(cast: Cast, register: Register) -> None:
    register(probe(three=refuse, undo_two=break_down))
    saga = start(cast.editor)

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert outcome.saga.status == "failed"
    assert rows(cast.editor) == ["two-x"]
    assert steps(saga) == [
        ("one", "compensated"),
        ("two", "compensation_failed"),
        ("three", "failed"),
    ]
    with scope(cast.editor.actor):
        two, three = saga.steps.order_by("position")[1:]
    assert (two.compensation_error, two.compensation_tries) == ("ValueError: cannot be undone", 3)
    assert three.error == "Conflict: The third step refuses."
    assert told_of(saga) == ["SagaStarted", "SagaFailed"]
    assert count_stuck_sagas() == 1


def test_a_compensation_has_three_tries(cast: Cast, register: Register) -> None:
    failures = [ValueError("first"), ValueError("second")]

    def fail_twice(context: SagaContext) -> None:
        if failures:
            raise failures.pop(0)

    register(probe(three=refuse, undo_two=fail_twice))
    saga = start(cast.editor)

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert outcome.saga.status == "compensated"
    with scope(cast.editor.actor):
        two = saga.steps.get(name="two")
    assert (two.compensation_tries, two.compensation_error) == (3, "ValueError: second")


def test_a_failed_compensation_is_tried_again_on_demand(cast: Cast, register: Register) -> None:
    broken = [True]

    def undo(context: SagaContext) -> None:
        if broken:
            raise ValueError("not yet")

    register(probe(three=refuse, undo_two=undo))
    saga = start(cast.editor)
    run_saga(saga.pk)
    broken.clear()

    retry_compensation(saga_id=saga.pk)
    assert reread(saga).status == "compensating"
    assert sweep_sagas() == 1

    assert reread(saga).status == "compensated"
    assert steps(saga)[1] == ("two", "compensated")
    assert told_of(saga) == ["SagaStarted", "SagaFailed", "SagaCompensated"]
    with pytest.raises(InvalidTransition):
        retry_compensation(saga_id=saga.pk)
    with pytest.raises(NotFound):
        retry_compensation(saga_id=uuid4())


def test_a_step_without_compensation_is_passed_over(cast: Cast, register: Register) -> None:
    register(SagaDefinition("bare", (Step("look", lambda context: None), Step("refuse", refuse))))
    saga = start(cast.editor, name="bare")

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert outcome.saga.status == "compensated"
    assert steps(saga) == [("look", "compensated"), ("refuse", "failed")]


def test_trouble_of_the_database_leaves_the_saga_to_the_sweeper(
    cast: Cast, register: Register
) -> None:
    troubles = [OperationalError("deadlock detected")]

    def stumble(context: SagaContext) -> None:
        if troubles:
            raise troubles.pop()

    register(probe(two=stumble))
    saga = start(cast.editor)

    with pytest.raises(OperationalError):
        run_saga(saga.pk)
    assert (reread(saga).status, steps(saga)[1]) == ("running", ("two", "running"))
    assert resume_sagas() == 0  # somebody holds it, as far as anybody knows
    expire(saga)
    assert resume_sagas() == 1

    assert reread(saga).status == "completed"
    assert rows(cast.editor) == ["one-x", "three-x"]


def test_a_sweep_goes_on_after_one_that_cannot_be_resumed(cast: Cast, register: Register) -> None:
    def stumble(context: SagaContext) -> None:
        if context.payload["mark"] == "bad":
            raise OperationalError("still no connection")

    register(probe(two=stumble))
    bad, good = start(cast.editor, "bad"), start(cast.editor, "good")
    expire(bad, 20)
    expire(good, 10)

    assert resume_sagas() == 1

    assert (reread(bad).status, reread(good).status) == ("running", "completed")


def test_a_step_whose_runner_dies_each_time_counts_as_refused(
    cast: Cast, register: Register
) -> None:
    def stumble(context: SagaContext) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    register(probe(two=stumble))
    saga = start(cast.editor)
    for _ in range(5):
        expire(saga)
        with pytest.raises(OperationalError):
            run_saga(saga.pk)
    expire(saga)

    outcome = run_saga(saga.pk)

    assert outcome is not None
    assert outcome.saga.status == "compensated"
    assert outcome.saga.error == "two: StepKeepsCrashing: two was begun 5 times and never ended."
    assert rows(cast.editor) == []


def test_a_compensation_whose_runner_dies_each_time_is_given_up(
    cast: Cast, register: Register
) -> None:
    def stumble(context: SagaContext) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    register(probe(three=refuse, undo_two=stumble))
    saga = start(cast.editor)
    for _ in range(3):
        expire(saga)
        with pytest.raises(OperationalError):
            run_saga(saga.pk)
    expire(saga)

    assert resume_sagas() == 1

    assert reread(saga).status == "failed"
    with scope(cast.editor.actor):
        assert saga.steps.get(name="two").compensation_error == "The runner died at each try."


def test_a_runner_that_was_believed_dead_writes_no_more(cast: Cast, register: Register) -> None:
    def oversleep(context: SagaContext) -> None:
        Saga.objects.filter(pk=context.saga_id).update(fencing_token=99)

    register(probe(two=oversleep))
    saga = start(cast.editor)

    assert run_saga(saga.pk) is None

    assert rows(cast.editor) == ["one-x"]
    assert (reread(saga).status, steps(saga)[2]) == ("running", ("three", "pending"))


def test_an_unknown_saga_is_not_stored(cast: Cast) -> None:
    with pytest.raises(UnknownSaga):
        start(cast.editor, name="unheard of")
    with scope(cast.editor.actor):
        assert not Saga.objects.exists()


def test_a_saga_or_step_that_is_known_no_more_is_told(cast: Cast, register: Register) -> None:
    register(probe())
    gone, changed = start(cast.editor), start(cast.editor, "y")
    sagas.unregister("probe")
    with pytest.raises(UnknownSaga):
        run_saga(gone.pk)
    sagas.register(SagaDefinition("probe", (Step("one", lambda context: None),)))

    outcome = run_saga(changed.pk)

    assert outcome is not None
    assert outcome.saga.error == "two: UnknownSaga: The saga probe has no step two any more."


def test_steps_need_names_of_their_own(register: Register) -> None:
    step = Step("same", lambda context: None)
    with pytest.raises(ValueError, match="each with a name of its own"):
        SagaDefinition("twins", (step, step))
    register(probe())
    with pytest.raises(ValueError, match="already"):
        register(probe())


def test_organisations_are_apart(cast: Cast, register: Register) -> None:
    register(probe())
    saga = start(cast.editor)
    run_saga(saga.pk)

    with scope(cast.stranger.actor):
        assert not Saga.objects.exists()
        assert not saga.steps.exists()
    assert rows(cast.stranger) == []
    assert reread(saga).actor == cast.editor.actor
