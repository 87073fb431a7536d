"""Published spindles with triggers, and what became of those."""

from datetime import UTC, datetime
from typing import Any

from accounts.tenancy import scope, system_scope
from node_links.choices import Bump
from spindles.models import Execution, Spindle, SpindleTrigger, TriggerFiring
from spindles.services.publishing import open_spindle_version, publish_spindle
from spindles.services.spindles import create_spindle, update_spindle
from tests.factories import Person

EVERY_MINUTE = {"kind": "schedule", "id": "often", "cron": "* * * * *"}
MONDAY = datetime(2030, 1, 7, 6, 0, tzinfo=UTC)


def publish(person: Person, *triggers: dict[str, Any], **values: Any) -> Spindle:
    """Return a spindle of one step, published with these triggers."""
    steps = values.pop("steps", [{"id": "only", "kind": "noop"}])
    values = {"name": "Deploy", **values}
    with scope(person.actor):
        spindle = create_spindle(actor=person.actor, steps=steps, triggers=list(triggers), **values)
        publish_spindle(actor=person.actor, pk=spindle.pk)
        return Spindle.objects.get(pk=spindle.pk)


def publish_again(person: Person, spindle: Spindle, *triggers: dict[str, Any]) -> None:
    """Publish the next version, with other triggers."""
    with scope(person.actor):
        open_spindle_version(actor=person.actor, pk=spindle.pk, bump=Bump.MINOR)
        values: dict[str, Any] = {"triggers": list(triggers)}
        update_spindle(actor=person.actor, pk=spindle.pk, values=values)
        publish_spindle(actor=person.actor, pk=spindle.pk)


def triggers_of(spindle: Spindle) -> dict[str, SpindleTrigger]:
    """Return the triggers of a spindle by their key, the removed ones too."""
    with system_scope():
        return {row.key: row for row in SpindleTrigger.objects.filter(spindle=spindle)}


def trigger_of(spindle: Spindle) -> SpindleTrigger:
    """Return the one trigger of a spindle."""
    (found,) = triggers_of(spindle).values()
    return found


def firings_of(spindle: Spindle) -> list[TriggerFiring]:
    """Return what fired, the first one first."""
    with system_scope():
        return list(TriggerFiring.objects.filter(spindle=spindle).order_by("created_at", "pk"))


def runs_of(spindle: Spindle) -> list[Execution]:
    """Return the runs of a spindle, the first one first."""
    with system_scope():
        return list(Execution.objects.filter(source_id=spindle.pk).order_by("created_at", "pk"))


def plan_for(trigger: SpindleTrigger, moment: datetime) -> None:
    """Let a schedule fall due at `moment`."""
    with system_scope():
        SpindleTrigger.objects.filter(pk=trigger.pk).update(next_at=moment)
