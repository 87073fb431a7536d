"""Starting runs because something happened: each event starts a trigger at most once."""

from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.actors import system_actor
from accounts.tenancy import scope
from config.exceptions import DomainError
from node_links.audit.accessing import record_access
from node_links.events.envelope import Event
from node_links.models import NodeEvent
from spindles.choices import Environment, FiringOutcome
from spindles.engine.state import FEATURE
from spindles.expressions.conditions import ConditionError, holds
from spindles.models import Execution, SpindleTrigger
from spindles.services.triggers.firings import (
    claim_firing,
    note_not_started,
    note_started,
    reason_of,
)
from spindles.services.triggers.starting import acting_for, start_run

MAX_HOPS = 50
"""Events that led to one another without a run between them: so far back a run is looked for."""


def fire_on_event(event: Event) -> int:
    """Start what waits for `event` in its organisation; return how many triggers it was for.

    Runs in a transaction of the platform's own scope. Events of runs that are not production, or
    replayed without effect, start nothing.
    """
    rows = SpindleTrigger.objects.hearing(event.organization_id, event.event_type)
    triggers = list(rows.order_by("pk"))
    if not triggers:
        return 0
    cause = _run_behind(event)
    if cause is not None and not _feeds_production(cause):
        return 0
    chain = 1 + (int(cause.trigger.get("chain", 0)) if cause else 0)
    return sum(_fire(trigger, event, chain) for trigger in triggers)


def envelope_of(event: Event) -> dict[str, Any]:
    """Return an event as filters and runs see it: `event` in CEL, `trigger.event` in templates."""
    return {
        "event_id": str(event.id),
        "event_type": event.event_type,
        "schema_version": event.schema_version,
        "feature_type": event.feature_type,
        "entity_id": str(event.entity_id),
        "node_id": event.node_id,
        "sequence": event.sequence,
        "data": event.data,
        "timestamp": event.timestamp.isoformat(),
        "user_id": _text(event.user_id),
        "organization_id": str(event.organization_id),
        "correlation_id": event.correlation_id,
        "causation_id": _text(event.causation_id),
        "execution_id": _text(event.execution_id),
    }


def _fire(trigger: SpindleTrigger, event: Event, chain: int) -> bool:
    """Start the run of one trigger; return whether the event was meant for it."""
    envelope = envelope_of(event)
    wanted = trigger.config.get("filter")
    refusal = ""
    try:
        if wanted and not holds(wanted, {"event": envelope}):
            return False
    except ConditionError as error:
        refusal = f"condition_error: {error}"
    firing = claim_firing(trigger, occurrence=str(event.id))
    if firing is None:
        return False
    if not refusal and chain > settings.TRIGGER_CHAIN:
        refusal = f"chain_too_long: {settings.TRIGGER_CHAIN} runs have started one another."
        _cut(trigger, event, chain)
    if refusal:
        note_not_started(firing, FiringOutcome.REFUSED, refusal)
        return True
    try:
        with scope(acting_for(trigger.organization_id)):
            execution = start_run(
                trigger=trigger,
                facts={"event": envelope, "chain": chain},
                correlation_id=event.correlation_id,
            )
            note_started(firing, execution)
    except DomainError as refused:
        note_not_started(firing, FiringOutcome.REFUSED, reason_of(refused))
    return True


def _cut(trigger: SpindleTrigger, event: Event, chain: int) -> None:
    """Put on record that a chain of runs was ended here."""
    record_access(
        actor=system_actor(trigger.organization_id),
        table_name=SpindleTrigger._meta.db_table,
        record_id=trigger.pk,
        event_type="TriggerChainCut",
        event_data={"event_id": str(event.id), "event_type": event.event_type, "chain": chain},
        entity_id=trigger.spindle_id,
        refused=True,
    )


def _run_behind(event: Event) -> Execution | None:
    """Return the run that caused an event: its own, that of a step, or the cause of its cause."""
    run_id = _run_of(event.feature_type, event.entity_id, event.execution_id)
    cause, seen = event.causation_id, 0
    while run_id is None and cause is not None and seen < MAX_HOPS:
        fields = ("feature_type", "entity_id", "execution_id", "causation_id")
        row = NodeEvent.objects.filter(pk=cause).values_list(*fields).first()
        if row is None:
            return None
        run_id, cause, seen = _run_of(*row[:3]), row[3], seen + 1
    return None if run_id is None else Execution.objects.filter(pk=run_id).first()


def _run_of(feature_type: str, entity_id: UUID, execution_id: UUID | None) -> UUID | None:
    return entity_id if feature_type == FEATURE else execution_id


def _feeds_production(run: Execution) -> bool:
    return run.environment == Environment.PRODUCTION and run.feeds_production


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
