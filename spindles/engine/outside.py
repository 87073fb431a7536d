"""One try of a step in a process of its own. Whatever happens, the answer is JSON."""

import time
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from accounts.actors import Actor
from accounts.choices import Role
from accounts.tenancy import scope
from config.exceptions import DomainError, InfrastructureException
from config.logging import redacted
from config.request_context import accept_request_id, inside_execution, request_context
from spindles.choices import Category, LogLevel
from spindles.engine.directives import told_use
from spindles.engine.failures import told
from spindles.engine.outputs import store_output
from spindles.engine.stepping import of_domain, unexpected
from spindles.models import Execution, ExecutionLog
from spindles.registry.kinds import StepContext, StepKind, step_kinds
from spindles.registry.results import Done, StepError

logger = structlog.get_logger("nodeloom.step")


def perform(job: bytes) -> bytes:
    """Do a job and return `{output | file, hash, size, used, seconds}` or `{error, seconds}`."""
    begun = time.monotonic()
    payload = orjson.loads(job)
    close_old_connections()
    fields = {"execution_id": payload["execution_id"], "step_id": payload["step_id"]}
    with (
        request_context(accept_request_id(None), **fields),
        inside_execution(UUID(payload["execution_id"])),
    ):
        answer = _answer(payload)
    answer["seconds"] = round(time.monotonic() - begun, 6)
    return orjson.dumps(answer)


def _answer(payload: dict[str, Any]) -> dict[str, Any]:
    try:
        return _do(payload)
    except StepError as error:
        return {"error": told(error)}
    except DomainError as error:
        return {"error": told(of_domain(error))}
    except (InfrastructureException, OperationalError, InterfaceError) as error:
        code = error.problem_code if isinstance(error, InfrastructureException) else "database"
        return {"error": told(StepError(code, str(error), category=Category.EXTERNAL))}
    except MemoryError:
        message = "The step needed more memory than a step may have."
        return {"error": told(StepError("out_of_memory", message, category=Category.RESOURCE))}
    except (Exception, SystemExit) as error:
        # Whatever a kind raises ends its try, and is logged.
        logger.exception("step_failed_unexpectedly", kind=payload["kind"])
        return {"error": told(unexpected(error))}


def _do(payload: dict[str, Any]) -> dict[str, Any]:
    kind = step_kinds.get(payload["kind"])
    if kind is None:
        raise StepError("unknown_kind", f"No kind of steps is named {payload['kind']}.")
    result = kind.handle(_context(payload), _params(kind, payload))
    if not isinstance(result, Done):
        raise StepError("unknown_result", f"The kind {kind.name} may only complete.")
    stored = store_output(
        result.output,
        organization_id=UUID(payload["organization_id"]),
        execution_id=UUID(payload["execution_id"]),
        step_id=payload["step_id"],
        attempt=payload["attempt"],
    )
    return {
        "output": stored.value,
        "file": stored.file,
        "hash": stored.hash,
        "size": stored.size,
        "used": [told_use(one) for one in result.used],
    }


def _params(kind: StepKind, payload: dict[str, Any]) -> Any:
    return kind.params.model_validate(payload["params"])


def _context(payload: dict[str, Any]) -> StepContext:
    user = payload["user_id"]
    actor = Actor(UUID(user) if user else None, UUID(payload["organization_id"]), Role.OWNER)

    def log(level: LogLevel, message: str, **data: Any) -> None:
        with scope(actor):
            # In turn with whoever changes the run, so that who reads on misses no line.
            locked = Execution.objects.select_for_update(no_key=True).only("pk")
            locked.filter(pk=payload["execution_id"]).first()
            ExecutionLog.objects.create(
                organization_id=actor.tenant_id,
                execution_id=payload["execution_id"],
                at=timezone.now(),
                level=level,
                step_id=payload["step_id"],
                attempt=payload["attempt"],
                message=message,
                data=redacted(data),
            )

    return StepContext(
        actor=actor,
        execution_id=UUID(payload["execution_id"]),
        step_id=payload["step_id"],
        attempt=payload["attempt"],
        idempotency_key=payload["idempotency_key"],
        environment=payload["environment"],
        variables=payload["variables"],
        log=log,
    )
