"""A worker at a run: one transaction after the other, and between them the steps' processes.

    look (lock, catch up) -> take what has ended -> go on -> commit -> begin the new jobs -> wait

Several workers may be at one run: the lock of its row puts their transactions in order, and each
try belongs to the one that began it, for as long as it renews its lease. Who lost a try finds
another number on the step and throws the result away.
"""

import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from accounts.actors import Actor
from accounts.choices import Role
from accounts.tenancy import scope
from config.request_context import inside_execution
from node_links.links.drafts import Address, LinkDraft
from node_links.services.links.runtime import record_runtime_links
from spindles.choices import ExecutionStatus, StepStatus
from spindles.engine.advancing import Progress, go_on
from spindles.engine.answers import take_answer
from spindles.engine.doorbell import ring
from spindles.engine.ending import end_broken
from spindles.engine.loading import open_run
from spindles.engine.processes import submit
from spindles.engine.saving import next_look, save_next_look, save_run
from spindles.engine.slots import give_slot_back, take_slot
from spindles.engine.state import Run, StepState
from spindles.engine.stepping import Job

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""How often a worker whose steps are at work looks whether its run was stopped."""
SHORT_WAIT_SECONDS = 1.0
"""A worker stays for a try that is due so soon."""
UNANSWERED_SECONDS = 15
MAX_HELPERS = 8
_PATIENCE_SECONDS = 20.0

WORKER = f"{socket.gethostname()}:{os.getpid()}"

# Its own tries and no others: one that somebody left behind must be missed.
_RENEW = """
UPDATE execution_steps s SET lease_until = clock_timestamp() + make_interval(secs => %s)
FROM unnest(%s::text[], %s::int[]) AS mine(step_id, attempt)
WHERE s.execution_id = %s AND s.step_id = mine.step_id AND s.attempt = mine.attempt
    AND s.status = 'running'
"""
_STATE = "SELECT revision FROM executions WHERE execution_id = %s"


class Session:
    """One worker's stay at one run; `begin` hands a job to whoever does it."""

    def __init__(
        self,
        organization_id: UUID,
        execution_id: UUID,
        worker: str = WORKER,
        begin: "Callable[[Job], Future[bytes]]" = submit,
    ) -> None:
        self._actor = Actor(None, organization_id, Role.OWNER)
        self._organization_id = organization_id
        self._execution_id = execution_id
        self._worker = worker
        self._begin = begin
        self._run: Run | None = None
        self._jobs: dict[tuple[str, int], Future[bytes]] = {}
        self._more = False
        self._renewed = time.monotonic()
        self._lacks_slot = False

    def drive(self) -> None:
        """Stay until nothing is left to do here: all waits, or others are at it, or it ended."""
        try:
            while self.turn() and self._stay():
                pass
        finally:
            for job in self._jobs.values():
                job.cancel()

    def turn(self) -> bool:
        """Do one transaction and begin the jobs it came to; False where there is nothing to do."""
        with inside_execution(self._execution_id):
            progress = self._patiently()
            if self._takes_slot():
                progress = self._patiently()
        if progress is None:
            return False
        for job in progress.jobs:
            self._jobs[job.step_id, job.attempt] = self._begin(job)
        for _ in range(min(len(progress.left), MAX_HELPERS) if progress.jobs else 0):
            ring(self._organization_id, self._execution_id)
        self._more = progress.more
        return True

    def renew(self) -> None:
        """Renew the leases of the tries that are at work here."""
        steps = [step_id for step_id, _ in self._jobs]
        attempts = [attempt for _, attempt in self._jobs]
        with scope(self._actor), connection.cursor() as cursor:
            cursor.execute(_RENEW, [settings.LEASE_SECONDS, steps, attempts, self._execution_id])
        self._renewed = time.monotonic()

    def _takes_slot(self) -> bool:
        """Take a slot where the run has something to do and none; False where it is queued."""
        if not self._lacks_slot:
            return False
        self._lacks_slot = False
        return take_slot(self._actor, self._execution_id)

    def _stay(self) -> bool:
        """Wait for whatever comes next; False where that is not worth it."""
        if self._jobs:
            self._wait_for_jobs()
            return True
        return self._more or self._wait_a_moment()

    def _patiently(self) -> Progress | None:
        """Do the transaction, also through a short absence of the database."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._transact()
            except (OperationalError, InterfaceError):
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
        except (OperationalError, InterfaceError):
            self._run = None  # what it says was not committed
            raise
        except Exception as error:
            # A run that nobody can go on with must end and say so: it would be tried for ever.
            logger.exception("run_broken", execution_id=str(self._execution_id))
            self._run = None
            self._end_broken(error)
            return None
        for key in taken:
            self._jobs.pop(key, None)
        return progress

    def _end_broken(self, error: Exception) -> None:
        with scope(self._actor):
            run = open_run(self._execution_id)
            if run is not None and run.row.is_open:
                end_broken(run, type(error).__name__)
                save_run(run)

    def _in_transaction(self, taken: list[tuple[str, int]]) -> Progress | None:
        run = self._run = open_run(self._execution_id, self._run)
        if run is None:
            return None
        self._drop_lost(run)
        for step_id, attempt in taken:
            if (step_id, attempt) in self._jobs:
                take_answer(run, run.steps[step_id], self._jobs[step_id, attempt])
        looked = run.row.wake_at
        progress = self._go_on(run, at_work=len(self._jobs.keys() - set(taken)))
        if run.has_changed:
            _link(run)
            save_run(run)
        elif run.row.wake_at != looked:
            save_next_look(run)
        return progress

    def _go_on(self, run: Run, *, at_work: int) -> Progress | None:
        """Go on with a run that may; None where it may not, or has nothing for this worker."""
        row = run.row
        if row.status not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING):
            return Progress() if self._jobs else None
        if not row.holds_slot:
            self._lacks_slot = not at_work
            return Progress() if self._jobs else None
        if row.status == ExecutionStatus.PENDING:
            _set_out(run)
        row.worker = self._worker
        room = max(1, settings.STEP_PROCESSES) - at_work
        progress = go_on(run, worker=self._worker, processes=room, mine=self._jobs.keys())
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
        done = False
        while not done:
            done = bool(wait(self._jobs.values(), LOOK_SECONDS, FIRST_COMPLETED).done)
            try:
                if time.monotonic() - self._renewed >= settings.HEARTBEAT_SECONDS:
                    self.renew()
                done = done or self._is_behind()
            except (OperationalError, InterfaceError):
                close_old_connections()
                return

    def _is_behind(self) -> bool:
        """Return whether somebody has changed the run since it was looked at."""
        with scope(self._actor), connection.cursor() as cursor:
            cursor.execute(_STATE, [self._execution_id])
            found = cursor.fetchone()
        return found is None or self._run is None or found[0] != self._run.row.revision

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
