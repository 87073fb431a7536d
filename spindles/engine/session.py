"""A worker at a run: one transaction after the other, and between them the steps' processes.

    look (lock, catch up) -> take what has ended -> go on -> commit -> begin the new jobs -> wait

Several workers may be at one run: the lock of its row puts their transactions in order, and each
try belongs to the one that began it, for as long as it renews its lease. Who lost a try finds
another number on the step and throws the result away.
"""

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from pebble import ProcessExpired

from accounts.actors import Actor
from accounts.choices import Role
from accounts.tenancy import scope
from config.request_context import inside_execution
from node_links.links.drafts import Address, LinkDraft
from node_links.services.links.runtime import record_runtime_links
from spindles.choices import AttemptStatus, Category, ExecutionStatus, StepStatus
from spindles.engine.advancing import Progress, go_on
from spindles.engine.doorbell import ring
from spindles.engine.failures import from_told
from spindles.engine.loading import open_run
from spindles.engine.outputs import Stored
from spindles.engine.processes import submit
from spindles.engine.saving import next_look, save_run
from spindles.engine.slots import give_slot_back, take_slot
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import complete, fail, interrupt
from spindles.registry import StepError

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""How often a worker whose steps are at work looks whether its run was stopped."""
SHORT_WAIT_SECONDS = 1.0
"""A worker stays for a try that is due so soon."""
UNANSWERED_SECONDS = 15
MAX_HELPERS = 8
_PATIENCE_SECONDS = 20.0

WORKER = f"{socket.gethostname()}:{os.getpid()}"

_RENEW = """
UPDATE execution_steps SET lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE execution_id = %s AND status = 'running' AND worker = %s
"""
_STATE = "SELECT revision, status FROM executions WHERE execution_id = %s"


class Session:
    """One worker's stay at one run."""

    def __init__(self, organization_id: UUID, execution_id: UUID, worker: str = WORKER) -> None:
        self._actor = Actor(None, organization_id, Role.OWNER)
        self._organization_id = organization_id
        self._execution_id = execution_id
        self._worker = worker
        self._run: Run | None = None
        self._jobs: dict[tuple[str, int], Future[bytes]] = {}
        self._renewed = time.monotonic()
        self._lacks_slot = False

    def drive(self) -> None:
        """Stay until nothing is left to do here: all waits, or others are at it, or it ended."""
        try:
            with inside_execution(self._execution_id):
                while self._turn() or self._takes_slot():
                    pass
        finally:
            for job in self._jobs.values():
                job.cancel()

    def _takes_slot(self) -> bool:
        """Take a slot where the run has something to do and none; False where it is queued."""
        if not self._lacks_slot:
            return False
        self._lacks_slot = False
        return take_slot(self._actor, self._execution_id)

    def _turn(self) -> bool:
        """Do one transaction and what follows from it; False where there is nothing to stay for."""
        progress = self._patiently()
        if progress is None:
            return False
        for job in progress.jobs:
            self._jobs[job.step_id, job.attempt] = submit(job)
        for _ in range(min(len(progress.left), MAX_HELPERS) if progress.jobs else 0):
            ring(self._organization_id, self._execution_id)
        if self._jobs:
            self._wait_for_jobs()
            return True
        return progress.more or self._wait_a_moment()

    def _patiently(self) -> Progress | None:
        """Do the transaction, also through a short absence of the database."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._transact()
            except (OperationalError, InterfaceError):
                self._run = None  # what it says was not committed
                if not self._jobs or time.monotonic() > give_up:
                    raise
                logger.warning("database_away", execution_id=str(self._execution_id))
                time.sleep(LOOK_SECONDS)
                close_old_connections()

    def _transact(self) -> Progress | None:
        taken = [key for key, job in self._jobs.items() if job.done()]
        try:
            with scope(self._actor):
                progress = self._in_transaction(taken)
        except BaseException:
            self._run = None
            raise
        for key in taken:
            self._jobs.pop(key, None)
        return progress

    def _in_transaction(self, taken: list[tuple[str, int]]) -> Progress | None:
        run = self._run = open_run(self._execution_id, self._run)
        if run is None:
            return None
        self._drop_lost(run)
        for step_id, attempt in taken:
            if (step_id, attempt) in self._jobs:
                _take(run, run.steps[step_id], self._jobs[step_id, attempt])
        progress = self._go_on(run)
        if progress is None and not run.change.steps:
            return None
        _link(run)
        save_run(run)
        return progress if progress is not None else Progress()

    def _go_on(self, run: Run) -> Progress | None:
        """Go on with a run that may; None where it may not, or has nothing for this worker."""
        row = run.row
        if row.status not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING):
            return Progress() if self._jobs else None
        if not row.holds_slot:
            self._lacks_slot = not self._jobs
            return Progress() if self._jobs else None
        if row.status == ExecutionStatus.PENDING:
            _set_out(run)
        row.worker = self._worker
        room = max(1, settings.STEP_PROCESSES) - len(self._jobs)
        progress = go_on(run, worker=self._worker, processes=room)
        _plan_snapshot(run)
        busy = any(step.status == StepStatus.RUNNING for step in run.steps.values())
        if not (busy or progress.more or progress.left):
            give_slot_back(run)
        later = run.now + timedelta(seconds=UNANSWERED_SECONDS)
        row.wake_at = next_look(run, later if progress.more or progress.left else None)
        return progress

    def _drop_lost(self, run: Run) -> None:
        """Stop the jobs whose try is not the step's any more."""
        for step_id, attempt in list(self._jobs):
            step = run.steps[step_id]
            if step.status != StepStatus.RUNNING or step.attempt != attempt:
                self._jobs.pop((step_id, attempt)).cancel()

    def _wait_for_jobs(self) -> None:
        """Wait until a job ends or the run has changed; renew the leases meanwhile."""
        while True:
            done, _ = wait(self._jobs.values(), LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if done:
                return
            try:
                with scope(self._actor), connection.cursor() as cursor:
                    if time.monotonic() - self._renewed >= settings.HEARTBEAT_SECONDS:
                        lease = settings.LEASE_SECONDS
                        cursor.execute(_RENEW, [lease, self._execution_id, self._worker])
                        self._renewed = time.monotonic()
                    cursor.execute(_STATE, [self._execution_id])
                    state = cursor.fetchone()
            except (OperationalError, InterfaceError):
                close_old_connections()
                return
            if state is None or self._run is None or state[0] != self._run.row.revision:
                return

    def _wait_a_moment(self) -> bool:
        """Stay for what is due in a moment; False where that is too long."""
        run = self._run
        if run is None or run.row.wake_at is None or run.row.status != ExecutionStatus.RUNNING:
            return False
        seconds = (run.row.wake_at - run.now).total_seconds()
        if not 0 < seconds <= SHORT_WAIT_SECONDS or run.row.queued_at is not None:
            return False
        time.sleep(seconds)
        return True


@contextmanager
def _answered() -> Iterator[None]:
    """Turn what became of a process into the error of the step."""
    try:
        yield
    except TimeoutError:
        raise StepError(
            "timeout", "The step took longer than it may.", category=Category.TIMEOUT
        ) from None
    except ProcessExpired as error:
        raise StepError(
            "process_died",
            f"The process of the step died (exit code {error.exitcode}).",
            category=Category.RESOURCE,
        ) from None


def _take(run: Run, step: StepState, job: "Future[bytes]") -> None:
    """Take the end of a job into the run."""
    planned = run.definition(step)
    status, seconds = AttemptStatus.FAILED, None
    if job.cancelled():  # the worker is being stopped
        interrupt(run, step)
        return
    try:
        with _answered():
            answer: dict[str, Any] = orjson.loads(job.result(0))
        seconds = answer["seconds"]
        if "error" in answer:
            raise from_told(answer["error"])
        step.used = answer["used"]
        output = Stored(answer["output"], answer["file"], answer["hash"], answer["size"])
        complete(run, step, output, seconds=seconds)
    except StepError as error:
        if error.code in ("timeout", "process_died"):
            status = AttemptStatus.TIMEOUT
        last = bool(planned.last_try_after)
        fail(run, step, error, rule=planned.retry, status=status, seconds=seconds, last_chance=last)


def _set_out(run: Run) -> None:
    row = run.row
    row.status = ExecutionStatus.RUNNING
    row.total_steps = sum(not step.internal for step in run.drawn())
    if row.started_at is None:
        row.started_at = run.now
    if row.timeout:
        row.deadline_at = row.started_at + timedelta(seconds=row.timeout)


def _plan_snapshot(run: Run) -> None:
    """Take a snapshot where one is due; where something has changed since the last, plan one."""
    row = run.row
    if row.status != ExecutionStatus.RUNNING or not settings.SNAPSHOT_INTERVAL:
        return
    if row.snapshot_at is None:
        if run.change.steps:
            row.snapshot_at = run.now + timedelta(seconds=settings.SNAPSHOT_INTERVAL)
    elif row.snapshot_at <= run.now:
        run.change.snapshot = True
        row.snapshot_at = None


def _link(run: Run) -> None:
    """Leave links behind from what ran to what its steps used and started."""
    row = run.row
    done = [step for step in run.change.steps.values() if step.used and step.status == "completed"]
    if not done or not row.feeds_production:
        return
    drafts = [
        LinkDraft(
            Address(row.source_feature, row.source_id, _node(step)),
            Address(one["feature"], UUID(one["entity_id"]), one["node_id"]),
            one["link_type"],
            link_context={"execution_id": str(row.pk), "step_id": step.step_id},
            version_pin=one["version"] or "latest",
        )
        for step in done
        for one in step.used
    ]
    record_runtime_links(actor=run.actor, drafts=drafts)


def _node(step: StepState) -> str:
    return step.item_of or step.step_id
