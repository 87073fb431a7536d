"""Runs beside plain Celery: a chain, a fan-out, the start of one, how many steps a second.

The peer keeps nothing but its results; of ours every step is durable, with its try, its events and
its place in the run. Both have one worker with as many threads, on the same servers. A run ends for
its client when the event of its end is told, a chain when its last result is.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psutil
import psycopg

from benchmarks import chain
from benchmarks.figures import Figure, at_most, in_turns, milliseconds, percentile
from benchmarks.plan import Plan as Sizes
from benchmarks.stack import Stack, process_command

if TYPE_CHECKING:
    from spindles.plans.plan import Plan, Step

LENGTH, WIDTH = 20, 100
_PATIENCE = 120.0
_SLEEPERS = 10_000
_ENDED = ("WorkflowExecutionCompleted", "WorkflowExecutionFailed")


def measure(stack: Stack, plan: Sizes) -> Iterator[Figure]:
    """Yield runs beside chains and chords, and then what the engine alone can do."""
    rounds = max(20, plan.rounds * 8)
    with ExitStack() as open_:
        open_.enter_context(_peer(stack))
        ours = open_.enter_context(_worker(stack))
        bench = _Bench(stack, open_)
        yield from _beside_celery(bench, rounds)
        yield from _start_latency(bench, rounds * 5)
        yield _sustained(bench, plan.writes // 3)
        yield from _sleepers(bench, ours, min(_SLEEPERS, plan.writes * 20))
        yield _memory(ours)
    with ExitStack() as open_:
        open_.enter_context(_peer(stack))
        open_.enter_context(_worker(stack, NODELOOM_ENGINE_BATCH_STEPS="1"))
        bench = _Bench(stack, open_)
        first, second = in_turns(rounds, lambda: bench.run("chain"), _chain)
        name = f"{LENGTH} steps in a row, each with a commit of its own"
        yield _ratio(name, first, second, "Celery chain", None)


class _Bench:
    """Starts runs and waits for their ends."""

    def __init__(self, stack: Stack, open_: ExitStack) -> None:
        from spindles.plans.plan import Plan, Step

        self.stack = stack
        self._listener = open_.enter_context(psycopg.connect(stack.database_url, autocommit=True))
        self._listener.execute("LISTEN nodeloom_events")
        row = [self._step(f"s{n}", (f"s{n - 1}",) if n else ()) for n in range(LENGTH)]
        middle = [self._step(f"s{n}", ("a",)) for n in range(WIDTH)]
        last = self._step("z", tuple(step.id for step in middle))
        sleeping = Step(id="a", kind="delay", name="a", params={"seconds": 86_400})
        self._plans = {
            "chain": self._stored(Plan(steps=tuple(row))),
            "fan": self._stored(Plan(steps=(self._step("a", ()), *middle, last))),
            "one": self._stored(Plan(steps=(self._step("a", ()),))),
            "sleep": self._stored(Plan(steps=(sleeping,))),
        }
        for _ in range(3):
            self.run("chain")
            _chain()

    def start(self, plan: str) -> UUID:
        """Start a run as the API does and return its id."""
        return self.queue(plan)[0]

    def queue(self, plan: str) -> tuple[UUID, float]:
        """Start a run; return its id and when it was about to be committed and queued."""
        from accounts.tenancy import scope
        from config.ids import uuid7
        from spindles.engine.starting import start_execution
        from spindles.registry.runnables import Prepared, Source

        actor = self.stack.actor
        with scope(actor):
            source = Source("spindle", uuid7(), plan, plan, "1.0.0", self._plans[plan])
            run = start_execution(actor=actor, prepared=Prepared(source, {}))
            return run.pk, time.time()

    def run(self, plan: str) -> float:
        """Start a run and return the seconds until its end was told."""
        started = time.perf_counter()
        self.wait_for({str(self.start(plan))})
        return time.perf_counter() - started

    def wait_for(self, runs: set[str]) -> None:
        """Wait until all of these runs have ended. Raises `TimeoutError`."""
        until = time.monotonic() + _PATIENCE
        while runs:
            for notice in self._listener.notifies(timeout=1, stop_after=1):
                told = json.loads(notice.payload)
                if told["type"] in _ENDED:
                    runs.discard(told["entity"])
            if time.monotonic() > until:
                raise TimeoutError(f"{len(runs)} runs did not end.")

    def ask(self, question: str) -> list[tuple[float, ...]]:
        """Return the rows of a question about all runs."""
        with self.stack.database() as connection:
            return connection.execute(question.encode()).fetchall()

    def _stored(self, plan: "Plan") -> UUID:
        from accounts.tenancy import scope
        from spindles.services.plans import store_plan

        with scope(self.stack.actor):
            return store_plan(actor=self.stack.actor, plan=plan).pk

    def _step(self, step_id: str, after: tuple[str, ...]) -> "Step":
        from spindles.plans.plan import Step

        return Step(id=step_id, kind="noop", name=step_id, depends_on=after)


def _chain() -> float:
    from celery import chain as in_a_row

    return _timed(lambda: in_a_row(*[chain.nothing.si() for _ in range(LENGTH)]).apply_async())


def _chord() -> float:
    from celery import chord

    tasks = [chain.nothing.si() for _ in range(WIDTH)]
    return _timed(lambda: chord(tasks)(chain.nothing.s()))


def _timed(start: Callable[[], Any]) -> float:
    started = time.perf_counter()
    start().get(timeout=_PATIENCE)
    return time.perf_counter() - started


def _beside_celery(bench: _Bench, rounds: int) -> Iterator[Figure]:
    first, second = in_turns(rounds, lambda: bench.run("chain"), _chain)
    yield _ratio(f"{LENGTH} steps in a row, from start to end", first, second, "Celery chain", 0.6)
    yield Figure(
        "of which for each step", milliseconds(first / LENGTH), "n8n, in one process: 1.4 ms"
    )
    first, second = in_turns(max(5, rounds // 4), lambda: bench.run("fan"), _chord)
    yield _ratio(f"{WIDTH} steps side by side, and a join", first, second, "Celery chord", 0.6)


def _ratio(name: str, ours: float, peer: float, called: str, target: float | None) -> Figure:
    told = f"{milliseconds(peer)} ({called})"
    if target is None:
        return Figure(name, milliseconds(ours), told, ours / peer)
    return at_most(name, milliseconds(ours), told, ours / peer, target)


def _start_latency(bench: _Bench, count: int) -> Iterator[Figure]:
    """Compare the time from queueing to the beginning of the first step or task, one by one."""
    ours, peer = [], []
    for _ in range(count):
        run, asked = bench.queue("one")
        bench.wait_for({str(run)})
        rows = bench.ask(
            f"SELECT extract(epoch FROM started_at) FROM executions WHERE execution_id = '{run}'"  # noqa: S608 - an id of ours
        )
        ours.append(float(rows[0][0]) - asked)
        asked = time.time()
        peer.append(chain.begun.delay().get(timeout=_PATIENCE) - asked)
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        mine, theirs = percentile(ours, share), percentile(peer, share)
        told = f"{milliseconds(theirs)} (Celery)"
        figure = at_most(f"start of a run, {name}", milliseconds(mine), told, mine / theirs, 2)
        yield figure


def _sustained(bench: _Bench, runs: int) -> Figure:
    """Start many runs at once and see how many steps a second come to their end."""
    started = time.perf_counter()
    bench.wait_for({str(bench.start("chain")) for _ in range(runs)})
    rate = runs * LENGTH / (time.perf_counter() - started)
    return Figure(f"{runs} runs of {LENGTH} steps at once", f"{rate:,.0f} steps/s")


def _sleepers(bench: _Bench, worker: psutil.Process, count: int) -> Iterator[Figure]:
    """Put many runs to sleep, and see what they cost while they sleep."""
    started = time.perf_counter()
    for _ in range(count):
        bench.start("sleep")
    waiting = "SELECT count(*) FROM execution_steps WHERE wait_kind = 'delay'"
    while bench.ask(waiting)[0][0] < count:
        time.sleep(0.2)
        if time.perf_counter() - started > _PATIENCE * 5:
            raise TimeoutError("The runs did not go to sleep.")
    rate = count / (time.perf_counter() - started)
    before = worker.cpu_times()
    time.sleep(5)
    after = worker.cpu_times()
    busy = (after.user + after.system - before.user - before.system) / 5
    held = bench.ask("SELECT count(*) FROM executions WHERE holds_slot")[0][0]
    asleep = f"{busy:.1%} of a core, {held} slots"
    yield Figure(f"{count:,} runs asleep: what they cost the worker", asleep, met=held == 0)
    yield Figure("runs started and put to sleep", f"{rate:,.0f}/s")


def _memory(worker: psutil.Process) -> Figure:
    sizes = [worker.memory_full_info().pss]
    sizes += [child.memory_full_info().pss for child in worker.children(recursive=True)]
    return Figure("memory of a worker after all that", f"{sum(sizes) / 1024**2:,.0f} MB PSS")


@contextmanager
def _peer(stack: Stack) -> Iterator[None]:
    from django.conf import settings

    os.environ[chain.BROKER] = settings.EMBEDDED.broker_url(7)
    os.environ[chain.RESULTS] = settings.EMBEDDED.broker_url(8)
    chain.app.conf.update(
        broker_url=os.environ[chain.BROKER], result_backend=os.environ[chain.RESULTS]
    )
    command = [
        *(sys.executable, "-m", "celery", "-q", "-A", "benchmarks.chain", "worker"),
        *("-Q", "chain", "--pool", "threads", "--concurrency", "4", "--loglevel", "ERROR"),
        *("--without-gossip", "--without-mingle", "-n", "chain@%h"),
    ]
    with _running(command, {"DJANGO_SETTINGS_MODULE": ""}):
        yield


@contextmanager
def _worker(stack: Stack, **environment: str) -> Iterator[psutil.Process]:
    command = process_command(stack, "runner")
    with _running(list(command.argv), {**(command.env or {}), **environment}) as process:
        yield process


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    known = {**os.environ, **environment}
    process = subprocess.Popen(command, env={name: text for name, text in known.items() if text})
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)
