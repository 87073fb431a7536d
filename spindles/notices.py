"""What people are told of spindles, and of the tasks that runs have for them."""

from uuid import UUID

from node_links.events.envelope import Event
from node_links.notifications.kinds import Kind, Words, declare_kind
from node_links.notifications.paths import execution_path, path_of
from node_links.notifications.recipients import ids, owner_of
from spindles.choices import Environment, WaitKind
from spindles.models import ExecutionStep
from spindles.services.human_tasks import people_named


def _in_error(event: Event) -> Words:
    failures, reason = event.data.get("failures"), event.data.get("reason") or ""
    body = (
        f"{failures} runs that its triggers started have failed one after the other, so its"
        " triggers have stopped. They start again with the first run by hand that completes, or"
        f" when it is activated. The last one said: {reason}"
    )
    return Words(f"Stopped: {event.data.get('name')}", body, path_of(event))


declare_kind(
    Kind(
        "spindle_error",
        "A spindle of mine keeps failing, and its triggers have stopped",
        ("WorkflowEnteredError",),
        owner_of,
        _in_error,
        tells_actor=True,
    )
)


def _task(event: Event) -> ExecutionStep | None:
    rows = ExecutionStep.objects.filter(
        organization_id=event.organization_id,
        execution=event.data["execution_id"],
        step_id=event.data["step_id"],
        wait_kind=WaitKind.PERSON,
    )
    return rows.select_related("execution").first()


def _is_task(event: Event) -> bool:
    """Tell of tasks that are still open, but not of what was only replayed."""
    if event.replayed or event.data.get("waits_for", WaitKind.PERSON) != WaitKind.PERSON:
        return False
    task = _task(event)
    return task is not None and task.execution.environment != Environment.DEVELOPMENT


def _assignees(event: Event) -> set[UUID]:
    """Return those whom the task names; whoever it was given to, where it was given anew."""
    if "assignees" in event.data:
        return ids(event.data["assignees"])
    task = _task(event)
    names = task.wait.get("assignees", ()) if task is not None else ()
    return set(people_named(event.organization_id, names))


def _asks(event: Event) -> Words:
    task = _task(event)
    title = task.wait.get("title", "") if task is not None else ""
    of = f"It is part of a run of {task.execution.source_name}." if task is not None else ""
    return Words(f"To do: {title or event.data['step_id']}", of, execution_path(event))


declare_kind(
    Kind(
        "human_task",
        "A run waits for me",
        ("StepExecutionWaiting", "StepExecutionAssigned"),
        _assignees,
        _asks,
        _is_task,
        tells_actor=True,
    )
)
