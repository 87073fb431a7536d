"""Spindles whose triggered runs keep failing: they go into error, and come out of it again."""

from typing import Any

from django.conf import settings

from accounts.actors import Actor
from accounts.choices import Role
from node_links.audit.annotating import annotate
from node_links.events.recording import record_event
from node_links.services import entities
from spindles.choices import Environment, ExecutionStatus, SpindleStatus, TriggerKind
from spindles.models import Execution, Spindle
from spindles.services.triggers.registering import resume_triggers, stop_triggers


def note_end(run: Execution) -> None:
    """Count the end of a run of a spindle, in its transaction.

    `SPINDLE_ERROR_AFTER` production runs in a row that a trigger started and that failed put the
    live version into error: its triggers stop, the owner is told. The first completed production
    run that a person started makes it active again. Parts of other runs, and replays without
    effect, say nothing.
    """
    if run.environment != Environment.PRODUCTION or run.parent_id or not run.feeds_production:
        return
    if run.source_feature != Spindle.feature_type or run.is_draft:
        return
    triggered = run.trigger_kind != TriggerKind.MANUAL
    if run.status == ExecutionStatus.FAILED and triggered:
        _count(run)
    elif run.status == ExecutionStatus.COMPLETED:
        _recover(run, triggered=triggered)


def _count(run: Execution) -> None:
    spindle = _locked(run)
    if spindle is None:
        return
    spindle.consecutive_failures += 1
    # A counter is no change of the spindle: neither its revision nor its moment moves.
    Spindle.all_objects.filter(pk=spindle.pk).update(
        consecutive_failures=spindle.consecutive_failures
    )
    limit = settings.SPINDLE_ERROR_AFTER
    if not limit or spindle.consecutive_failures < limit:
        return
    if spindle.live_status == SpindleStatus.ACTIVE:
        stop_triggers(organization_id=spindle.organization_id, spindle_id=spindle.pk)
        data: dict[str, Any] = {
            "name": spindle.name,
            "version": spindle.published_version,
            "failures": spindle.consecutive_failures,
            "execution_id": str(run.pk),
            "reason": (run.error or {}).get("message"),
        }
        _move(run, spindle, SpindleStatus.ERROR, "WorkflowEnteredError", data)


def _recover(run: Execution, *, triggered: bool) -> None:
    rows = Spindle.all_objects.filter(pk=run.source_id)
    state = rows.values_list("consecutive_failures", "live_status").first()
    if state is None:
        return
    failures, live_status = state
    if live_status == SpindleStatus.ERROR and not triggered:
        spindle = _locked(run)
        if spindle is None or spindle.live_status != SpindleStatus.ERROR:
            return
        spindle.consecutive_failures = 0
        data: dict[str, Any] = {"name": spindle.name, "version": spindle.published_version}
        _move(run, spindle, SpindleStatus.ACTIVE, "WorkflowActivated", data)
        resume_triggers(organization_id=spindle.organization_id, spindle_id=spindle.pk)
    elif failures and triggered:
        rows.update(consecutive_failures=0)


def _locked(run: Execution) -> Spindle | None:
    """Return the spindle while it lives, and hold its row."""
    rows = Spindle.objects.select_for_update(of=("self",), no_key=True)
    alive = rows.exclude(status=SpindleStatus.ARCHIVED)
    return alive.filter(pk=run.source_id, organization_id=run.organization_id).first()


def _move(
    run: Execution, spindle: Spindle, to: SpindleStatus, event_type: str, data: dict[str, Any]
) -> None:
    """Move the live version on; the working copy goes along unless a draft is open."""
    if spindle.status == spindle.live_status:
        spindle.status = to
    spindle.live_status = to
    with annotate(event_type=event_type, event_data={"execution_id": str(run.pk), **data}):
        entities.save_entity(spindle, ["status", "live_status", "consecutive_failures"])
    actor = Actor(run.started_by_id, run.organization_id, Role.EDITOR)
    record_event(actor=actor, entity=spindle, event_type=event_type, data=data)
