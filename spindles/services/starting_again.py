"""New runs made of old ones: what they run, and what they take over."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection

from accounts.actors import Actor
from config.exceptions import NotFound, ValidationFailed
from spindles.choices import StepStatus, TriggerKind
from spindles.engine.loading import plan_of
from spindles.engine.outputs import copy_file
from spindles.engine.starting import start_execution
from spindles.models import Execution
from spindles.plans.plan import Plan, Step
from spindles.registry.runnables import Prepared, Source

_TAKE_OVER = """
UPDATE execution_steps n SET status = 'completed', note = 'Taken over.', input = o.input,
    output = o.output, output_file = o.output_file, output_hash = o.output_hash,
    output_bytes = o.output_bytes, used = o.used, agent_id = o.agent_id,
    started_at = o.started_at, completed_at = o.completed_at
FROM execution_steps o
WHERE n.execution_id = %s AND o.execution_id = %s AND o.step_id = n.step_id
    AND n.step_id = ANY(%s)
"""


def source_of_run(row: Execution) -> Source:
    """Return what a run runs: the very version and plan that it began with."""
    return Source(
        feature=row.source_feature,
        entity_id=row.source_id,
        name=row.source_name,
        slug=row.source_slug,
        version=row.source_version,
        plan_id=row.plan_id,
        is_draft=row.is_draft,
        max_concurrency=row.max_concurrency,
        timeout=row.timeout,
    )


def start_again(
    *, actor: Actor, old: Execution, prepared: Prepared, taken_over: Iterable[str], **more: Any
) -> Execution:
    """Start a run like `old`, in which the steps `taken_over` have the outcome that they had.

    `more` are further columns. It is started by hand, whatever started the old one.
    """
    row = start_execution(
        actor=actor,
        prepared=prepared,
        environment=str(old.environment),
        priority=old.priority,
        trigger_kind=TriggerKind.MANUAL,
        trigger=old.trigger,
        correlation_id=old.correlation_id,
        session_id=old.session_id,
        budget_id=old.budget_id,
        context=old.context,
        **more,
    )
    taken = list(taken_over)
    if taken:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_OVER, [row.pk, old.pk, taken])
        _copy_files(row)
    shown = [step.id for step in plan_of(row.plan_id).steps if not step.internal]
    row.total_steps, row.settled_steps = len(shown), len(set(shown) & set(taken))
    row.save(update_fields=["total_steps", "settled_steps"])
    return row


def _copy_files(row: Execution) -> None:
    """Let a new run have its own files of the large outputs that it has taken over."""
    for step in row.steps.exclude(output_file="").only("output_file"):
        step.output_file = copy_file(
            step.output_file, organization_id=row.organization_id, execution_id=row.pk
        )
        step.save(update_fields=["output_file"])


def completed_steps(row: Execution) -> set[str]:
    """Return the ids of the completed steps of a run; items of maps are none of them."""
    done = row.steps.filter(status=StepStatus.COMPLETED, item_of=None)
    return set(done.values_list("step_id", flat=True))


def require_step(plan: Plan, step_id: str, pointer: str) -> None:
    """Raise `ValidationFailed` unless the plan has a step of this id that people know."""
    found = plan.by_id.get(step_id)
    if found is None or found.internal:
        raise ValidationFailed.of(pointer, "invalid_choice", f"There is no step {step_id}.")


def from_step_on(plan: Plan, step_id: str) -> set[str]:
    """Return a step and all that come after it; of what it closes, also all that is inside."""
    closes = plan.by_id[step_id].closes
    return after(plan, {step_id} if closes is None else {step_id, closes})


def after(plan: Plan, roots: Iterable[str]) -> set[str]:
    """Return `roots` and every step that depends on one of them, directly or not."""
    dependents: defaultdict[str, list[str]] = defaultdict(list)
    for step in plan.steps:
        for name in (*step.depends_on, step.parent, step.closes):
            if name is not None:
                dependents[name].append(step.id)
    found: set[str] = set()
    open_ = list(roots)
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ += dependents[name]
    return found


def unchanged(old: Plan, new: Plan) -> set[str]:
    """Return the steps that are the same in both plans, and come after no other."""
    changed = [step.id for step in new.steps if not _same(old.by_id.get(step.id), step)]
    return set(new.by_id) - after(new, changed)


def _same(old: Step | None, new: Step) -> bool:
    return old is not None and (old.kind, old.params, set(old.depends_on)) == (
        new.kind,
        new.params,
        set(new.depends_on),
    )


def find_whole_run(actor: Actor, pk: Any) -> Execution:
    """Return a run that the actor sees, with its inputs and context. Raises `NotFound`."""
    found = Execution.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found
