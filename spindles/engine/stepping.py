"""Starting a step: its condition, its parameters, and then its kind, here or in a process."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, cast

import orjson
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from pydantic import BaseModel, ValidationError

from config.exceptions import DomainError
from config.logging import redacted
from spindles.choices import Category, LogLevel, SkipReason
from spindles.engine.directives import follow
from spindles.engine.recordings import end_as_recorded
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import begin, fail, fail_as_planned, idempotency_key, skip
from spindles.engine.variables import variables_of
from spindles.expressions.conditions import ConditionError, holds
from spindles.expressions.templates import TemplateError, render
from spindles.plans.plan import Step
from spindles.registry.kinds import Place, StepContext, StepKind, step_kinds
from spindles.registry.results import StepError

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A try that is at work outside: what the process needs to know."""

    step_id: str
    attempt: int
    timeout: float
    payload: bytes


def start_step(run: Run, step: StepState, *, worker: str, outside: bool) -> Job | bool:
    """Start a step that is ready; return the job to be done outside where there is one.

    True where something has happened, False where the step needs a process and `outside` says that
    none is free: then nothing has changed.
    """
    planned = run.definition(step)
    kind = step_kinds.get(planned.kind)
    if kind is not None and kind.place is Place.OUTSIDE and not outside:
        return False
    try:
        if not _condition_holds(run, step, planned):
            skip(run, step, SkipReason.CONDITION_FALSE)
            return True
        if kind is None:
            raise _fault("unknown_kind", f"No kind of steps is named {planned.kind}.")
        params = _params(run, step, planned, kind)
    except StepError as error:
        fail(run, step, error)
        return True
    return _start(run, step, planned, kind, params, worker)


def _start(
    run: Run, step: StepState, planned: Step, kind: StepKind, params: BaseModel, worker: str
) -> Job | bool:
    begin(run, step, worker=worker, lease_seconds=settings.LEASE_SECONDS)
    given = params.model_dump(mode="json", by_alias=True, exclude_unset=True)
    step.input = redacted(given)
    if kind.has_effect and not run.row.feeds_production:
        end_as_recorded(run, step)
        return True
    if kind.place is Place.INLINE:
        _handle(run, step, planned, kind, params)
        return True
    return _job(run, step, planned, given)


def _job(run: Run, step: StepState, planned: Step, given: Any) -> Job:
    """Return what the process needs to know."""
    payload = {
        "kind": planned.kind,
        "params": given,
        "execution_id": str(run.row.pk),
        "organization_id": str(run.row.organization_id),
        "user_id": str(run.row.started_by_id) if run.row.started_by_id else None,
        "step_id": step.step_id,
        "attempt": step.attempt,
        "idempotency_key": idempotency_key(run, step),
        "environment": str(run.row.environment),
        "variables": _sent(variables_of(run, step, {})),
    }
    return Job(step.step_id, step.attempt, planned.timeout, orjson.dumps(payload))


def _sent(variables: dict[str, Any]) -> dict[str, Any]:
    """Return variables as they can be sent to another process."""
    return {**variables, "context": dict(variables["context"])}


def _handle(run: Run, step: StepState, planned: Step, kind: StepKind, params: BaseModel) -> None:
    """Do an inline kind, in a savepoint where it works with the database."""
    try:
        with transaction.atomic() if kind.uses_database else nullcontext():
            result = kind.handle(_context(run, step), params)
            follow(run, step, result)
    except StepError as error:
        fail_as_planned(run, step, error)
    except DomainError as error:
        fail_as_planned(run, step, of_domain(error))
    except (OperationalError, InterfaceError):
        raise  # the database is away, which is nobody's failure: all is done again
    except Exception as error:
        # Whatever a kind raises ends its try, and is logged: the run must come to an end.
        logger.exception("step_failed_unexpectedly", kind=kind.name)
        fail_as_planned(run, step, unexpected(error))


def unexpected(error: BaseException) -> StepError:
    """Return what is told of an error that nobody has foreseen; more stands in the log."""
    message = f"The step failed unexpectedly ({type(error).__name__})."
    return StepError("unexpected_error", message)


def of_domain(error: DomainError) -> StepError:
    """Return what the platform's own refusal means for a step: asking again would not help."""
    return StepError(str(error.code), str(error), category=Category.VALIDATION)


def _context(run: Run, step: StepState) -> StepContext:
    def log(level: LogLevel, message: str, **data: Any) -> None:
        run.log(level, message, step, data)

    return StepContext(
        actor=run.actor,
        execution_id=run.row.pk,
        step_id=step.step_id,
        attempt=step.attempt,
        idempotency_key=idempotency_key(run, step),
        environment=str(run.row.environment),
        variables=variables_of(run, step),
        log=log,
        replayed=not run.row.feeds_production,
    )


def _condition_holds(run: Run, step: StepState, planned: Step) -> bool:
    if planned.condition is None:
        return True
    try:
        return holds(planned.condition, variables_of(run, step))
    except ConditionError as error:
        raise _fault("condition_error", str(error)) from None


def _params(run: Run, step: StepState, planned: Step, kind: StepKind) -> BaseModel:
    """Return the parameters, rendered and checked."""
    given = planned.params
    rendered: Mapping[str, Any]
    try:
        templated = {name: value for name, value in given.items() if name not in kind.raw}
        rendered = cast("dict[str, Any]", render(templated, variables_of(run, step)))
    except TemplateError as error:
        raise _fault("template_error", str(error)) from None
    untouched = {name: value for name, value in given.items() if name in kind.raw}
    try:
        return kind.params.model_validate({**rendered, **untouched})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"/{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
        raise _fault("invalid_params", told) from None


def _fault(code: str, message: str) -> StepError:
    return StepError(code, message, category=Category.VALIDATION)
