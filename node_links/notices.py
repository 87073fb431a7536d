"""The platform's own kinds of notices. A feature declares further ones in its `notices.py`."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from node_links.events.envelope import Event
from node_links.models import Webhook
from node_links.notifications.kinds import Kind, Words, declare_kind
from node_links.notifications.paths import execution_path, path_of
from node_links.notifications.recipients import administrators, named, owner_of, people_around

REPEATED_WITHIN = timedelta(minutes=15)


def tells_of_run(event: Event) -> bool:
    """Return whether people want to know of a run: not of trials, replays and parts of others."""
    return not (
        event.replayed
        or event.data.get("environment") == "development"
        or event.data.get("replayed")
        or event.data.get("replay_of")
        or event.data.get("parent_execution_id")
    )


def starter(event: Event) -> set[UUID]:
    """Return who started the run by hand; a run that a trigger started has nobody."""
    return named(event, "user_id") if event.data.get("trigger", "manual") == "manual" else set()


def starter_and_owner(event: Event) -> set[UUID]:
    """Return who started the run by hand, and the owner of what ran."""
    return starter(event) | owner_of(event)


def _name(event: Event) -> str:
    return str(event.data.get("name") or "Untitled")


def _published(event: Event) -> Words:
    version = event.data.get("version")
    notes = event.data.get("notes")
    lines = [f"Version {version} is live now." if version else "", str(notes) if notes else ""]
    title = f"Published: {_name(event)}"
    return Words(title, "\n\n".join(line for line in lines if line), path_of(event))


def _review_due(event: Event) -> Words:
    due = event.data.get("due_on")
    body = f"Its review was due on {due}." if due else "Its review is due."
    return Words(f"Review due: {_name(event)}", body, path_of(event))


def _completed(event: Event) -> Words:
    seconds = event.data.get("duration_seconds")
    took = f"The run took {seconds:.1f} seconds." if isinstance(seconds, int | float) else ""
    return Words(f"Completed: {_name(event)}", took, execution_path(event))


def _failed(event: Event) -> Words:
    steps = event.data.get("failed_step_ids") or []
    body = f"It failed at: {', '.join(map(str, steps))}." if steps else "The run failed."
    return Words(f"Failed: {_name(event)}", body, execution_path(event))


def _webhook_disabled(event: Event) -> Words:
    """Name the webhook by its description or host: the rest of an address may hold a secret."""
    row = Webhook.objects.filter(pk=event.entity_id).only("description", "url").first()
    name = "" if row is None else row.description or urlsplit(row.url).hostname or ""
    body = f"{event.data.get('reason', '')} What is not sent yet waits until it is enabled again."
    return Words(f"Webhook disabled: {name or _name(event)}", body.strip(), path_of(event))


def _budget(event: Event) -> Words:
    percentage = event.data.get("percentage")
    used = f"{percentage} % of it is used." if percentage is not None else ""
    ended = event.event_type == "BudgetExhausted"
    title = "Budget exhausted" if ended else "Budget warning"
    return Words(f"{title}: {_name(event)}", used, path_of(event))


def _stuck(event: Event) -> Words:
    seconds = event.data.get("time_in_state")
    body = f"It has not moved for {seconds} seconds." if seconds is not None else ""
    return Words(f"Agent stuck: {_name(event)}", body, path_of(event))


declare_kind(
    Kind(
        "model_published",
        "Something I own, edit or have linked was published",
        ("SopPublished", "FunctionModelPublished", "EventStormPublished", "WorkflowActivated"),
        people_around,
        _published,
        template="model_published",
    )
)
declare_kind(
    Kind(
        "review_due",
        "Something I own is due for review",
        ("SopReviewDue",),
        owner_of,
        _review_due,
        template="review_due",
        tells_actor=True,
    )
)
declare_kind(
    Kind(
        "workflow_completed",
        "A run that I started has completed",
        ("WorkflowExecutionCompleted",),
        starter,
        _completed,
        tells_of_run,
        template="workflow_completed",
        tells_actor=True,
    )
)
declare_kind(
    Kind(
        "execution_failed",
        "A run that I started, or of something I own, has failed",
        ("WorkflowExecutionFailed",),
        starter_and_owner,
        _failed,
        tells_of_run,
        template="execution_failed",
        tells_actor=True,
        gathered=REPEATED_WITHIN,
    )
)
declare_kind(
    Kind(
        "webhook_disabled",
        "A webhook of my organisation was disabled because its receiver failed",
        ("WebhookDisabled",),
        administrators,
        _webhook_disabled,
    )
)
declare_kind(
    Kind(
        "budget_warning",
        "A budget of mine runs out",
        ("BudgetWarningThresholdReached", "BudgetCriticalThresholdReached", "BudgetExhausted"),
        lambda event: named(event, "owner_id"),
        _budget,
        tells_actor=True,
    )
)
declare_kind(
    Kind(
        "agent_stuck",
        "An agent of mine is stuck",
        ("AgentStuck",),
        lambda event: named(event, "owner_id"),
        _stuck,
    )
)
