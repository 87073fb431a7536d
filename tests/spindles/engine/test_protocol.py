"""The claim protocol as a model: workers, crashes, late commits, sweeps and people, interleaved.

Every transaction is one move of a state machine, over the real database. Whatever the order of the
moves, a committed step does not run again, a step has one try at a time, and a run that is left
alone comes to its end.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.actors import Actor
from accounts.tenancy import scope
from spindles.choices import Category
from spindles.engine import session, sweeping
from spindles.engine.stepping import Job
from spindles.models import ExecutionAttempt, ExecutionStep
from spindles.plans.plan import Plan
from spindles.registry.results import ForEach, StepError
from spindles.services.control import cancel_execution, pause_execution, resume_execution
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.engine.workers import Worker
from tests.spindles.runs import plan_of, start, step

Steps = Mapping[str, ExecutionStep]
Tries = Mapping[str, list[ExecutionAttempt]]

EXAMPLES = 20
WORKERS = ("one", "two", "three")
RULES = (
    {"max_attempts": 1},
    {"max_attempts": 3, "strategy": "immediate"},
    {"max_attempts": 2, "base_delay": 20},
)
BUSY = StepError("busy", "Later.", category=Category.EXTERNAL)
# What may come after what, for one step; a try that was taken over ends without an event.
FOLLOWS: dict[str | None, set[str]] = {
    None: {"Started", "Skipped", "Failed"},
    "Started": {"Started", "Completed", "Failed", "Waiting"},
    "Waiting": {"Completed", "Failed"},
    "Failed": {"Retried"},
    "Retried": {"Started"},
    "Completed": set(),
    "Skipped": set(),
}


class Crash(BaseException):
    """The process of a worker is gone."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Return a small plan with every kind of step that the protocol tells apart."""
    steps: list[Any] = []
    for number in range(draw(st.integers(1, 4))):
        before = [one.id for one in steps]
        needs = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
        kind = draw(st.sampled_from(["outside", "outside", "scripted", "delay", "mapped"]))
        more: dict[str, Any] = {"params": {"seconds": 60}} if kind == "delay" else {}
        steps.append(
            step(
                f"{kind}-{number}",
                "scripted" if kind == "mapped" else kind,
                depends_on=tuple(needs),
                join=draw(st.sampled_from(["all", "any", "all_done"])),
                retry=draw(st.sampled_from(RULES)),
                **more,
            )
        )
    return plan_of(*steps)


class Protocol(RuleBasedStateMachine):
    """One run, three workers that come and go, and somebody who pauses it."""

    actor: Actor
    script: Script

    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.workers: dict[str, Worker] = {}
        self.ghosts: list[Worker] = []
        self.acted: Counter[str] = Counter()
        self.kept: dict[str, tuple[Any, ...]] = {}

    @initialize(plan=plans(), items=st.integers(1, 3), limit=st.sampled_from([None, 1]))
    def begin(self, plan: Plan, items: int, limit: int | None) -> None:
        """Start the run."""
        for one in plan.steps:
            self.script.outcomes.pop(one.id, None)
            if one.id.startswith("mapped"):
                each = ForEach(list(range(items)), "outside", {}, concurrency=limit)
                self.script.say(one.id, *[each] * 9)
        self.run = start(self.actor, plan)

    def worker(self, name: str) -> Worker:
        """Return the worker of this name, who has just come where nobody had it."""
        if name not in self.workers:
            self.workers[name] = Worker(self.run, name)
            watched = self.workers[name].session
            watched._begin = self._watch(watched._begin)
        return self.workers[name]

    def _watch(self, begin: "Callable[[Job], Any]") -> "Callable[[Job], Any]":
        def watched(job: Job) -> Any:
            row = self.run.steps[job.step_id]
            assert (row.status, row.attempt) == ("running", job.attempt)
            assert job.step_id not in self.kept, "A committed step was begun once more."
            return begin(job)

        return watched

    @rule(name=st.sampled_from(WORKERS))
    def turn(self, name: str) -> None:
        """Let a worker do one transaction."""
        self.worker(name).turn()

    @rule(name=st.sampled_from(WORKERS), data=st.data(), end=st.sampled_from("gggbu"))
    def end_job(self, name: str, data: st.DataObject, end: str) -> None:
        """Let what a worker has begun end: good, bad, or nobody knows how."""
        worker = self.workers.get(name)
        if worker is not None and worker.jobs:
            self._end(worker, data.draw(st.sampled_from(sorted(worker.jobs))), end)

    def _end(self, worker: Worker, step_id: str, end: str = "g") -> None:
        key, number = worker.key(step_id), worker.jobs[step_id][0].attempt
        if end == "u":
            worker.lose(step_id, TimeoutError())
            return
        self.acted[key] += 1
        if end == "g":
            worker.answer(step_id, {"key": key, "try": number})
        else:
            worker.refuse(step_id, BUSY)

    @rule(name=st.sampled_from(WORKERS), when=st.sampled_from(["idle", "writing", "beginning"]))
    def crash(self, name: str, when: str) -> None:
        """Kill a worker between two transactions, inside of one, or right after one."""
        worker = self.workers.pop(name, None)
        if worker is None or when == "idle":
            return
        with pytest.MonkeyPatch.context() as patch:
            if when == "writing":
                patch.setattr(session, "save_run", _crash)
            else:
                patch.setattr(worker.session, "_begin", _crash)
            try:
                worker.turn()
            except Crash:
                return

    @rule(name=st.sampled_from(WORKERS))
    def freeze(self, name: str) -> None:
        """Stop a worker in its tracks; it wakes up later and goes on as if nothing had been."""
        worker = self.workers.pop(name, None)
        if worker is not None:
            self.ghosts.append(worker)

    @precondition(lambda self: self.ghosts)
    @rule(how=st.sampled_from(["turn", "renew"]))
    def thaw(self, how: str) -> None:
        """Let a frozen worker, whose jobs have ended meanwhile, do what it was about to do."""
        ghost = self.ghosts.pop(0)
        for step_id in list(ghost.jobs):
            self._end(ghost, step_id)
        ghost.session.renew() if how == "renew" else ghost.turn()
        ghost.turn()
        self.ghosts.append(ghost)

    @rule(name=st.sampled_from(WORKERS))
    def beat(self, name: str) -> None:
        """Let a worker renew its leases."""
        if name in self.workers:
            self.workers[name].session.renew()

    @rule(seconds=st.sampled_from([16, 31, 90]))
    def pass_time(self, seconds: float) -> None:
        """Let leases run out, waits end and tries become due."""
        self.run.pass_time(seconds)

    @rule()
    def sweep(self) -> None:
        """Sweep twice at once, as it were; whoever is rung for is looked at by somebody new."""
        with pytest.MonkeyPatch.context() as patch:
            rung: list[UUID] = []
            patch.setattr(sweeping, "ring_all", lambda runs: rung.extend(key for _, key in runs))
            sweeping.sweep_runs()
            sweeping.sweep_runs()
        assert len(rung) <= 1
        if rung:
            self.workers.pop("three", None)
            self.worker("three").turn()

    @rule(what=st.sampled_from(["pause", "resume", "resume", "cancel"]), rare=st.integers(0, 3))
    def control(self, what: str, rare: int) -> None:
        """Let a person stop the run, or let it go on."""
        status = self.run.row.status
        with scope(self.actor):
            if what == "pause" and status in ("pending", "running"):
                pause_execution(actor=self.actor, pk=self.run.pk)
            elif what == "resume" and status == "paused":
                resume_execution(actor=self.actor, pk=self.run.pk)
            elif what == "cancel" and rare == 0 and status in ("pending", "running", "paused"):
                cancel_execution(actor=self.actor, pk=self.run.pk)

    @invariant()
    def all_is_in_order(self) -> None:
        """What the tables say holds together, whatever has just happened."""
        if hasattr(self, "run"):
            row, steps, tries = self.run.all()
            self._check_tries(steps, tries)
            self._check_kept(steps, tries)
            # A run that is open and not held has a moment at which somebody looks at it.
            looked_at = row.wake_at is not None or row.queued_at is not None
            assert looked_at or row.status not in ("pending", "running")

    @staticmethod
    def _check_tries(steps: Steps, tries: Tries) -> None:
        """Tries are numbered without a gap, and only the last one may be under way."""
        for step_id, row in steps.items():
            of_step = tries.get(step_id, [])
            assert [one.number for one in of_step] == list(range(1, row.attempt + 1))
            open_ = [one.number for one in of_step if one.status == "running"]
            at_work = row.status in ("running", "waiting")
            assert open_ == ([row.attempt] if at_work else [])

    def _check_kept(self, steps: Steps, tries: Tries) -> None:
        """A step that has settled is as it was when it did, and has acted under its key."""
        for step_id, row in steps.items():
            seen = (row.status, row.attempt, row.output_hash, row.completed_at)
            if row.status in ("completed", "skipped", "failed", "cancelled"):
                assert self.kept.setdefault(step_id, seen) == seen
            if row.status == "completed" and row.kind == "outside":
                key = tries[step_id][-1].idempotency_key
                assert row.output == {"key": key, "try": row.attempt}
                assert self.acted[key] >= 1

    def teardown(self) -> None:
        """Leave the run alone and see it end; the next example starts from where this one did."""
        try:
            if hasattr(self, "run"):
                self._leave_alone()
                self._check_end()
        finally:
            transaction.set_rollback(False)
            transaction.savepoint_rollback(self.before)

    def _leave_alone(self) -> None:
        """Let one worker do what there is to do."""
        if self.run.row.status == "paused":
            with scope(self.actor):
                resume_execution(actor=self.actor, pk=self.run.pk)
        for _ in range(60):
            if self.run.row.status in ("completed", "failed", "cancelled"):
                break
            self.run.pass_time(90)
            last = Worker(self.run, "last")
            while last.turn() and last.jobs:
                for step_id in list(last.jobs):
                    self._end(last, step_id)

    def _check_end(self) -> None:
        row, steps, tries = self.run.all()
        assert row.status in ("completed", "failed", "cancelled")
        assert all(one.status not in ("pending", "running", "waiting") for one in steps.values())
        failed = any(one.status == "failed" and one.item_of is None for one in steps.values())
        assert row.status == "cancelled" or (row.status == "failed") == failed
        assert (row.wake_at, row.holds_slot, row.queued_at) == (None, False, None)
        self._check_tries(steps, tries)
        self._check_kept(steps, tries)
        last: dict[str, str] = {}
        for event_type, step_id in self.run.events():
            if step_id is not None:
                happened = event_type.removeprefix("StepExecution")
                assert happened in FOLLOWS[last.get(step_id)], (step_id, last, happened)
                last[step_id] = happened


def _crash(*_given: object) -> Any:
    raise Crash


@pytest.mark.django_db
def test_the_protocol_holds_whatever_the_order(cast: Cast, script: Script) -> None:
    class OfThisTest(Protocol):
        actor = cast.admin.actor

    OfThisTest.script = script
    run_state_machine_as_test(
        OfThisTest,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            phases=[phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)],
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
