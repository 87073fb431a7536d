"""The moves of one step, each with its try, its event and its line in the log.

    pending -> running -> completed | failed | pending (to be tried again)
               running -> waiting -> completed | failed
    pending -> skipped                 any open state -> cancelled

Nobody else changes the state of a step.
"""

import hashlib
from datetime import timedelta
from typing import Any

from spindles.choices import AttemptStatus, Category, LogLevel, SkipReason, StepStatus, WaitKind
from spindles.engine.failures import MAX_INTERRUPTIONS, told, wait_before_next
from spindles.engine.outputs import Stored
from spindles.engine.state import UNREAD, Run, StepState
from spindles.plans.plan import RetryRule
from spindles.registry.results import StepError

_UNKNOWN_END = (AttemptStatus.INTERRUPTED, AttemptStatus.TIMEOUT, AttemptStatus.CANCELLED)


def idempotency_key(run: Run, step: StepState) -> str:
    """Return the key of the try that is under way: SHA-256 of `run:step:n`.

    n counts the tries before it whose end is known, so that a try in place of one whose end nobody
    knows carries the same key: the other side may have acted already.
    """
    text = f"{run.row.pk}:{step.step_id}:{step.known_outcomes}"
    return hashlib.sha256(text.encode()).hexdigest()


def begin(run: Run, step: StepState, *, worker: str, lease_seconds: float) -> None:
    """Start a try: it is `running`, and its row is written before anything outside is asked."""
    step.status = StepStatus.RUNNING
    step.attempt += 1
    step.worker = worker
    step.lease_until = run.now + timedelta(seconds=lease_seconds)
    step.started_at = run.now
    step.completed_at = None
    step.next_attempt_at = None
    step.error = None
    run.touch(step)
    run.change.attempts[step.step_id, step.attempt] = {
        "step_id": step.step_id,
        "number": step.attempt,
        "status": AttemptStatus.RUNNING,
        "idempotency_key": idempotency_key(run, step),
        "worker": worker,
        "started_at": run.now,
        "is_deterministic": True,
        "response_hash": "",
    }
    agent = {"agent_id": step.wait.get("agent_id")} if step.wait.get("agent_id") else {}
    run.record("StepExecutionStarted", {"kind": step.kind, "attempt": step.attempt, **agent}, step)


def complete(run: Run, step: StepState, output: Stored, *, seconds: float | None = None) -> None:
    """End a step well, with its output."""
    end_attempt(run, step, AttemptStatus.SUCCESS, seconds=seconds, response_hash=output.hash)
    step.status = StepStatus.COMPLETED
    # What went to a file is read from there when it is asked for.
    step.output = UNREAD if output.file else output.value
    step.output_file = output.file
    step.output_hash = output.hash
    step.output_bytes = output.size
    step.error = None
    _settle(run, step)
    duration = (run.now - step.started_at).total_seconds() if step.started_at else 0.0
    run.record(
        "StepExecutionCompleted",
        {"output_hash": output.hash, "duration_seconds": round(max(duration, seconds or 0), 6)},
        step,
    )


def hand_over(run: Run, step: StepState, kind: WaitKind, **wait: Any) -> None:
    """Let a step wait for something; no worker is held meanwhile."""
    step.status = StepStatus.WAITING
    step.wait_kind = kind
    step.lease_until = None
    for name in ("wait_until", "wait_event", "wait_child"):
        setattr(step, name, wait.pop(name, None))
    step.wait = wait
    run.touch(step)
    until = {"until": step.wait_until.isoformat()} if step.wait_until else {}
    run.record("StepExecutionWaiting", {"waits_for": str(kind), **until}, step)


def fail(
    run: Run,
    step: StepState,
    error: StepError,
    *,
    rule: RetryRule | None = None,
    status: AttemptStatus = AttemptStatus.FAILED,
    seconds: float | None = None,
    last_chance: bool = False,
    known: bool = True,
) -> None:
    """End a try badly; by `rule` it is tried again, else the step has failed.

    With `last_chance` a step that would fail is kept for one more try. Whether what it did outside
    took effect is not `known` where it did not come to its end by itself.
    """
    failure = told(error)
    end_attempt(run, step, status, seconds=seconds, error=failure, known=known)
    step.failures += 1
    wait = None
    if error.retryable and rule is not None and not step.last_try:
        wait = wait_before_next(rule, step.failures, error.retry_after)
    extra = wait is None and last_chance and not step.last_try
    again = wait is not None or extra
    if not step.internal:
        run.log(LogLevel.WARNING if again else LogLevel.ERROR, error.message, step, failure)
    retries = step.retry_count + int(again)
    run.record(
        "StepExecutionFailed",
        {"error": failure, "retry_count": retries, "will_retry": again},
        step,
    )
    if again:
        step.last_try = step.last_try or extra
        _try_again(run, step, wait or 0.0)
        return
    step.status = StepStatus.FAILED
    step.error = failure
    _settle(run, step)


def fail_as_planned(
    run: Run,
    step: StepState,
    error: StepError,
    *,
    tried_again: bool = True,
    status: AttemptStatus = AttemptStatus.FAILED,
    seconds: float | None = None,
    known: bool = True,
) -> None:
    """End a try badly; see `fail`. Whether there is another one is as the plan says.

    With `tried_again=False` its rule is left aside, though not the last chance.
    """
    planned = run.definition(step)
    fail(
        run,
        step,
        error,
        rule=planned.retry if tried_again else None,
        status=status,
        seconds=seconds,
        last_chance=bool(planned.last_try_after),
        known=known,
    )


def interrupt(run: Run, step: StepState) -> None:
    """Take a step from a worker whose lease has run out: nobody knows how the try ended."""
    lost = StepError("worker_lost", "The worker was lost.", category=Category.RESOURCE)
    step.interruptions += 1
    if step.interruptions >= MAX_INTERRUPTIONS:
        message = f"{step.interruptions} workers were lost over this step."
        final = StepError("worker_lost", message, category=Category.RESOURCE, retryable=False)
        fail(run, step, final, status=AttemptStatus.INTERRUPTED)
        return
    end_attempt(run, step, AttemptStatus.INTERRUPTED, error=told(lost))
    run.log(LogLevel.WARNING, "The worker was lost; the step is taken over.", step)
    step.status = StepStatus.PENDING
    _clear(step)
    run.touch(step)


def skip(run: Run, step: StepState, reason: str, note: str = "") -> None:
    """Let a pending step be, for a reason."""
    step.status = StepStatus.SKIPPED
    step.reason = SkipReason(reason)
    step.note = note
    step.next_attempt_at = None
    _settle(run, step)
    run.record("StepExecutionSkipped", {"reason": str(reason)}, step)


def set_aside(run: Run, step: StepState, reason: str, note: str = "") -> None:
    """Let a step be that has failed: the run goes on as though it had been skipped."""
    step.error = None
    skip(run, step, reason, note)


def wait_for_items(run: Run, step: StepState, wait: dict[str, Any]) -> None:
    """Let a map go on with the items that it has, in a try of its own; `wait` is what it knew."""
    begin(run, step, worker="", lease_seconds=0)
    hand_over(run, step, WaitKind.ITEMS, **wait)


def interrupt_for_good(run: Run, step: StepState) -> None:
    """Take a step from the worker that is at it, because its run goes back to before it began."""
    end_attempt(run, step, AttemptStatus.CANCELLED)


def cancel(run: Run, step: StepState) -> None:
    """End an open step because its run ends."""
    if step.status == StepStatus.RUNNING or step.wait_kind is not None:
        end_attempt(run, step, AttemptStatus.CANCELLED)
    step.status = StepStatus.CANCELLED
    step.next_attempt_at = None
    _settle(run, step)


def reopen(run: Run, step: StepState) -> None:
    """Make a step pending again, with a fresh allowance of tries; its tries stay as history."""
    step.status = StepStatus.PENDING
    step.reason = None
    step.note = ""
    step.failures = 0
    step.interruptions = 0
    step.last_try = False
    step.error = None
    step.output = None
    step.output_file = step.output_hash = ""
    step.output_bytes = 0
    step.used = []
    step.next_attempt_at = None
    _clear(step)
    run.touch(step)


def end_attempt(
    run: Run,
    step: StepState,
    status: AttemptStatus,
    *,
    seconds: float | None = None,
    error: dict[str, Any] | None = None,
    response_hash: str = "",
    known: bool = True,
) -> None:
    """Write down how the try that is under way ended, where one is."""
    if step.attempt == 0 or step.started_at is None:
        return
    if seconds is None:
        seconds = max(0.0, (run.now - step.started_at).total_seconds())
    begun = run.change.attempts.get((step.step_id, step.attempt)) or {
        "step_id": step.step_id,
        "number": step.attempt,
        "idempotency_key": idempotency_key(run, step),
        "worker": step.worker,
        "started_at": step.started_at,
        "is_deterministic": True,
    }
    run.change.attempts[step.step_id, step.attempt] = begun | {
        "status": status,
        "duration_ms": round(seconds * 1000, 3),
        "error": error,
        "response_hash": response_hash,
    }
    if known and status not in _UNKNOWN_END:
        step.known_outcomes += 1


def _try_again(run: Run, step: StepState, wait: float) -> None:
    step.status = StepStatus.PENDING
    step.retry_count += 1
    _clear(step)
    step.next_attempt_at = run.now + timedelta(seconds=wait) if wait else None
    run.touch(step)
    run.record(
        "StepExecutionRetried", {"retry_count": step.retry_count, "delay": round(wait, 3)}, step
    )


def _settle(run: Run, step: StepState) -> None:
    started, kept = step.started_at, step.wait
    _clear(step)
    step.started_at = started
    step.wait = kept
    step.completed_at = max(run.now, started) if started else run.now
    run.touch(step)


def _clear(step: StepState) -> None:
    """Forget the try that is over: it holds no lease and waits for nothing."""
    step.worker = step.worker if step.settled else ""
    step.lease_until = None
    step.wait_kind = None
    step.wait = {}
    step.wait_until = None
    step.wait_event = None
    step.wait_child = None
    step.started_at = None
    step.completed_at = None
