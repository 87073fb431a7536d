"""From a trigger that fires to a run of the live version."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.choices import Role
from config.exceptions import ValidationFailed
from node_links.choices import FeatureType
from node_links.events.recording import AggregateKey
from spindles.choices import Environment, TriggerKind
from spindles.engine.starting import start_execution
from spindles.expressions.templates import TemplateError, render
from spindles.models import Execution, SpindleTrigger
from spindles.registry.runnables import runnables


def acting_for(organization_id: UUID) -> Actor:
    """Return who starts runs that nobody asks for: the organisation, bound to its own rows.

    It may run every spindle, as editors may, and is no person: nobody is told of its success.
    """
    return Actor(user_id=None, organization_id=organization_id, role=Role.EDITOR)


def aggregate_of(organization_id: UUID, spindle_id: UUID) -> AggregateKey:
    """Return the spindle as the aggregate of events."""
    return AggregateKey(organization_id, FeatureType.SPINDLE, spindle_id)


def start_run(
    *,
    trigger: SpindleTrigger,
    facts: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    correlation_id: str | None = None,
) -> Execution:
    """Start the live version for `trigger`, in the running transaction.

    `facts` is what the run sees as `trigger`; `given` are inputs, over which those that the trigger
    itself fills go. Raises `ValidationFailed`, `Conflict` and `NotFound` where it may not run.
    """
    actor = acting_for(trigger.organization_id)
    known = {"kind": trigger.kind, "id": trigger.key, **facts}
    prepared = runnables.get(FeatureType.SPINDLE).prepare(
        actor=actor,
        target=str(trigger.spindle_id),
        version=None,
        environment=Environment.PRODUCTION,
        inputs={**(given or {}), **_filled(trigger, known)},
    )
    return start_execution(
        actor=actor,
        prepared=prepared,
        environment=Environment.PRODUCTION,
        trigger_kind=TriggerKind(trigger.kind),
        trigger=known,
        correlation_id=correlation_id,
    )


def _filled(trigger: SpindleTrigger, known: Mapping[str, Any]) -> dict[str, Any]:
    try:
        filled: dict[str, Any] = render(trigger.config.get("inputs", {}), {"trigger": known})
    except TemplateError as error:
        raise ValidationFailed.of("/inputs", "template_error", str(error)) from None
    return filled
