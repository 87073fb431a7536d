"""Steps that wait for a person: who may answer, the answer, and giving them to others."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import jsonschema_rs
from django.db.models import F, Q, QuerySet

from accounts.actors import Actor
from accounts.choices import Role
from accounts.models import Membership, User
from config.exceptions import Conflict, FieldError, Forbidden, ValidationFailed
from spindles.choices import OPEN, Category, LogLevel, StepStatus, WaitKind
from spindles.engine.directives import finish
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import fail
from spindles.models import Execution, ExecutionStep
from spindles.permissions import may_control
from spindles.registry.results import StepError
from spindles.services.acting import NEXT, acting, find_step, wake

APPROVE, REJECT = "approve", "reject"
DECISIONS = (APPROVE, REJECT)
_MOST_FAULTS = 100


def open_tasks(actor: Actor, *, only_own: bool = False) -> QuerySet[ExecutionStep]:
    """Return the open tasks that the actor may answer, the one that expires first at the head.

    With `only_own` those that name the actor, by id, e-mail address or role, and no others.
    """
    rows = ExecutionStep.objects.filter(
        organization_id=actor.tenant_id,
        wait_kind=WaitKind.PERSON,
        status=StepStatus.WAITING,
        execution__in=Execution.objects.visible_to(actor).filter(status__in=OPEN).values("pk"),
    )
    named = Q(wait__assignees__has_any_keys=sorted(_names(actor)))
    if only_own:
        rows = rows.filter(named)
    elif not actor.is_administrator:
        open_to = Q(execution__started_by=actor.user_id)
        if actor.at_least(Role.EDITOR):
            open_to = Q()
        rows = rows.filter(named | (Q(wait__assignees=[]) & open_to))
    return rows.select_related("execution").order_by(
        F("wait_until").asc(nulls_last=True), "started_at", "id"
    )


def complete_task(
    *,
    actor: Actor,
    pk: UUID,
    step_id: str,
    decision: str | None = None,
    comment: str = "",
    **answer: Any,
) -> Execution:
    """Answer a task: approve or reject it, or fill in its form (`output`).

    A rejection fails the step with `rejected` unless the step says that the run goes on. Raises
    `NotFound`, `Forbidden` for whoever is neither an assignee nor an administrator, `Conflict`
    (`already_completed`, or `invalid_transition` for a step that waits for nobody), and
    `ValidationFailed`: then the task stays open.
    """
    with acting(actor, pk, *NEXT, controls=False) as run:
        step = find_step(run, step_id)
        _require_assignee(actor, run, step)
        _require_open(run, step)
        output = _answer_of(actor, step, decision, comment, answer)
        if decision == REJECT and step.wait.get("on_reject") != "continue":
            fail(run, step, _rejection(comment))
        else:
            finish(run, step, output)
        run.log(LogLevel.INFO, "The task was answered.", step, {"by": str(actor.user_id)})
        wake(run)
    return run.row


def assign_task(*, actor: Actor, pk: UUID, step_id: str, assignees: Sequence[str]) -> Execution:
    """Give an open task to others: users by id or e-mail address, or roles.

    Raises `NotFound`, `Forbidden` unless the actor may control the run or is an assignee,
    `Conflict`, and `ValidationFailed` (`not_a_member`).
    """
    with acting(actor, pk, *NEXT, controls=False) as run:
        step = find_step(run, step_id)
        if not may_control(actor, run.row):
            _require_assignee(actor, run, step)
        _require_open(run, step)
        unique = list(dict.fromkeys(assignees))
        _require_members(actor, unique)
        added = [name for name in unique if name not in step.wait["assignees"]]
        step.wait = {**step.wait, "assignees": unique}
        run.touch(step)
        by = str(actor.user_id) if actor.user_id else None
        told = {"assignees": [str(one) for one in people_named(actor.tenant_id, added)]}
        run.record("StepExecutionAssigned", {**told, "assigned_by": by}, step)
    return run.row


def people_named(organization_id: UUID, names: Iterable[str]) -> list[UUID]:
    """Return the members whom `names` mean: ids and e-mail addresses of users, or roles."""
    wanted = {name.lower() for name in names}
    if not wanted:
        return []
    members = Membership.objects.filter(organization_id=organization_id)
    rows = members.order_by("user_id").values_list("user_id", "user__email", "role")
    return [pk for pk, email, role in rows if wanted & {str(pk), email.lower(), str(role)}]


def _names(actor: Actor) -> set[str]:
    """Return the names by which an assignee's list may mean the actor."""
    rows = User.objects.filter(pk__in=[actor.user_id] if actor.user_id else [])
    email = rows.values_list("email", flat=True).first()
    return {str(actor.user_id), str(actor.role), *([email] if email else [])}


def _require_assignee(actor: Actor, run: Run, step: StepState) -> None:
    if actor.is_administrator:
        return
    assignees = {str(name).lower() for name in step.wait.get("assignees", ())}
    allowed = (
        bool(assignees & {name.lower() for name in _names(actor)})
        if assignees
        else may_control(actor, run.row)
    )
    if not allowed:
        raise Forbidden("This task is for its assignees.")


def _require_open(run: Run, step: StepState) -> None:
    if step.status == StepStatus.WAITING and step.wait_kind == WaitKind.PERSON:
        return
    if step.settled and "mode" in step.wait:
        raise Conflict("This task is not open any more.", code="already_completed")
    raise Conflict(
        "This step waits for nobody.",
        code="invalid_transition",
        extra={"current": str(step.status), "allowed": []},
    )


def _answer_of(
    actor: Actor, step: StepState, decision: str | None, comment: str, answer: dict[str, Any]
) -> Any:
    """Return the output that an answer makes. Raises `ValidationFailed`."""
    is_form = step.wait.get("mode") == "form"
    if decision is None and not (is_form and "output" in answer):
        pointer = "/output" if is_form else "/decision"
        raise ValidationFailed.of(pointer, "required", "The task asks for this.")
    if "output" in answer and decision != REJECT and step.wait.get("schema"):
        _require_fitting(step.wait["schema"], answer["output"])
    if is_form and decision != REJECT:
        if "output" not in answer:
            raise ValidationFailed.of("/output", "required", "The task asks for this.")
        return answer["output"]
    return {"decision": decision, "comment": comment, "by": str(actor.user_id), **answer}


def _require_fitting(schema: dict[str, Any], output: Any) -> None:
    """Raise `ValidationFailed` with a pointer for each place where `output` does not fit."""
    validator = jsonschema_rs.validator_for(schema)
    faults = []
    for error in validator.iter_errors(output):
        path = "".join(f"/{_escaped(part)}" for part in error.instance_path)
        faults.append(FieldError(f"/output{path}", "invalid", error.message[:500]))
        if len(faults) == _MOST_FAULTS:
            break
    if faults:
        raise ValidationFailed(errors=faults)


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _rejection(comment: str) -> StepError:
    message = f"It was rejected: {comment}" if comment else "It was rejected."
    return StepError("rejected", message, category=Category.VALIDATION, retryable=False)


def _require_members(actor: Actor, assignees: Sequence[str]) -> None:
    known = set(Role.values)
    for pk, email in Membership.objects.filter(organization_id=actor.tenant_id).values_list(
        "user_id", "user__email"
    ):
        known |= {str(pk), email.lower()}
    errors = [
        FieldError(f"/assignees/{index}", "not_a_member", "This is no member and no role.")
        for index, name in enumerate(assignees)
        if name.lower() not in known
    ]
    if errors:
        raise ValidationFailed(errors=errors)
