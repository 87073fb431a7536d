"""Writing down that a trigger fired: once for each planned time, delivery or event."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.purging import BATCH, purge
from config.exceptions import DomainError
from config.ids import uuid7
from spindles.choices import FiringOutcome
from spindles.models import Execution, SpindleTrigger, TriggerFiring

MAX_REASON = 500

# Who comes second waits until the first one is committed, and then finds its row. The spindle comes
# before its triggers, as it does for who publishes it: neither waits for the other in a circle.
_CLAIM = """
INSERT INTO trigger_firings (firing_id, organization_id, trigger_id, spindle_id, planned_at,
    occurrence, outcome, reason, missed, created_at)
SELECT %(id)s, %(organization)s, %(trigger)s, held.spindle_id, %(planned)s::timestamptz,
    %(occurrence)s, 'started', '', %(missed)s, clock_timestamp()
FROM (SELECT spindle_id FROM spindles WHERE spindle_id = %(spindle)s FOR KEY SHARE) AS held
ON CONFLICT DO NOTHING
"""
_PURGE = """
DELETE FROM trigger_firings WHERE firing_id IN (
    SELECT firing_id FROM trigger_firings
    WHERE created_at < now() - make_interval(days => %(days)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def claim_firing(
    trigger: SpindleTrigger,
    *,
    planned_at: datetime | None = None,
    occurrence: str | None = None,
    missed: int = 0,
) -> TriggerFiring | None:
    """Write the firing down and return it; None where somebody has done so before.

    It says that a run was started: whoever claimed it starts one, or says otherwise, in the same
    transaction.
    """
    parameters: dict[str, Any] = {
        "id": uuid7(),
        "organization": trigger.organization_id,
        "trigger": trigger.pk,
        "spindle": trigger.spindle_id,
        "planned": planned_at,
        "occurrence": occurrence,
        "missed": missed,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        if not cursor.rowcount:
            return None
    return TriggerFiring.objects.get(pk=parameters["id"])


def forget_occurrence(trigger: SpindleTrigger, occurrence: str, *, older_than: timedelta) -> None:
    """Let an occurrence fire again whose firing is `older_than` so much; it stays in the log."""
    TriggerFiring.objects.filter(
        trigger=trigger, occurrence=occurrence, created_at__lt=timezone.now() - older_than
    ).update(occurrence=Concat("occurrence", Value("#"), Cast("id", CharField())))


def note_started(firing: TriggerFiring, execution: Execution) -> None:
    """Say which run a firing started."""
    firing.execution = execution
    firing.save(update_fields=["execution"])


def note_not_started(firing: TriggerFiring, outcome: FiringOutcome, reason: str) -> None:
    """Say why a firing started no run."""
    firing.outcome, firing.reason = outcome, reason[:MAX_REASON]
    firing.save(update_fields=["outcome", "reason"])


def record_refusal(trigger: SpindleTrigger, reason: str, *, occurrence: str | None = None) -> None:
    """Write down that a trigger fired in vain."""
    TriggerFiring.objects.create(
        organization_id=trigger.organization_id,
        trigger=trigger,
        spindle_id=trigger.spindle_id,
        occurrence=occurrence,
        outcome=FiringOutcome.REFUSED,
        reason=reason[:MAX_REASON],
        created_at=timezone.now(),
    )


def reason_of(refusal: DomainError) -> str:
    """Return a refusal in one line, with its code first."""
    faults = "; ".join(f"{fault.pointer}: {fault.message}" for fault in refusal.errors)
    return f"{refusal.code}: {faults or refusal.detail}"


def purge_firings(*, batch: int = BATCH) -> int:
    """Forget firings older than `TRIGGER_FIRING_DAYS`; return how many."""
    return purge(_PURGE, {"days": settings.TRIGGER_FIRING_DAYS}, batch=batch)
