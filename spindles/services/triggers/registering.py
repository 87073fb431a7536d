"""The triggers of the live version: there from its publishing on, silent with it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, FieldError
from node_links.events.recording import record_event
from node_links.services.versions import get_snapshot
from node_links.webhooks.signing import make_secret
from spindles.choices import HookAuth, SpindleStatus, TriggerKind, TriggerOrigin, TriggerState
from spindles.models import Spindle, SpindleTrigger, SpindleVersion
from spindles.services.triggers.starting import aggregate_of
from spindles.triggers.definitions import (
    AnyTrigger,
    EventTrigger,
    ScheduleTrigger,
    WebhookTrigger,
    parse_trigger,
    parse_triggers,
)
from spindles.triggers.schedules import next_time

TOKEN_MARK = "hook_"  # noqa: S105 - how a token begins
_PATH_BYTES = 24
_TOKEN_BYTES = 32


@dataclass(slots=True)
class Registered:
    """The triggers that are at work now, and the secrets made for them by id: shown only now."""

    triggers: list[SpindleTrigger] = field(default_factory=list)
    secrets: dict[UUID, str] = field(default_factory=dict)


def register_triggers(
    *, actor: Actor, spindle_id: UUID, version: str, content: Mapping[str, Any]
) -> Registered:
    """Put the triggers of a version to work, instead of those of the version before.

    `content` is the version's: its `triggers` and `inputs`. A trigger that was there before under
    the same id and kind stays the same one: a webhook keeps address and secret, a schedule that
    says the same the time for which it is planned next. A schedule that was set for this version
    beside it stays, and stands for those of the version.

    Raises `ValidationFailed`, and `Conflict` (`duplicate`) where another spindle has the path.
    """
    found = parse_triggers(list(content.get("triggers") or ()), stored=True)
    names = [one["name"] for one in content.get("inputs") or ()]
    with joined_transaction():
        rows = _locked(actor, spindle_id)
        beside = [
            row for row in rows if row.origin == TriggerOrigin.SCHEDULE and row.version == version
        ]
        if beside:
            found = [one for one in found if not isinstance(one, ScheduleTrigger)]
        _require_free_paths(actor, spindle_id, found)
        known = _still_there(rows, found)
        kept = [*beside, *known.values()]
        _let_go(actor, [row for row in rows if row not in kept])
        _vacate_paths(found, known)
        done = Registered()
        for one in found:
            row = known.get(one.id) or _new(actor, spindle_id, one)
            _apply(actor, row, one, version, names, done)
        for row in beside:
            _apply(actor, row, parse_trigger(row.config), version, names, done)
        return done


def register_live_triggers(*, actor: Actor, spindle: Spindle) -> Registered:
    """Put the triggers of the live version to work, where it is active. Raises as above."""
    if spindle.live_status != SpindleStatus.ACTIVE or spindle.published_version is None:
        return Registered()
    snapshot = get_snapshot(
        SpindleVersion, entity=spindle, version=spindle.published_version, pointer="/version"
    )
    return register_triggers(
        actor=actor, spindle_id=spindle.pk, version=snapshot.version, content=snapshot.content
    )


def remove_triggers(*, actor: Actor, spindle_id: UUID, for_good: bool = False) -> None:
    """Let no trigger of a spindle fire any more.

    They come back with `register_triggers`, webhooks with address and secret. Removed `for_good`,
    as for a spindle that is archived, nothing is kept of them.
    """
    with joined_transaction():
        rows = _locked(actor, spindle_id)
        if for_good:
            _let_go(actor, rows)
            return
        for row in rows:
            _tell_of_end(actor, row)
        SpindleTrigger.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=TriggerState.REMOVED, next_at=None, updated_at=timezone.now()
        )


def stop_triggers(*, organization_id: UUID, spindle_id: UUID) -> None:
    """Let the triggers of a spindle that is in error rest until it is active again."""
    SpindleTrigger.objects.of_spindle(organization_id, spindle_id).filter(
        state=TriggerState.ACTIVE
    ).update(state=TriggerState.STOPPED, next_at=None, updated_at=timezone.now())


def resume_triggers(*, organization_id: UUID, spindle_id: UUID) -> None:
    """Let the triggers that rested fire again; what was planned meanwhile is not made up for."""
    rows = SpindleTrigger.objects.of_spindle(organization_id, spindle_id)
    now = timezone.now()
    for row in rows.filter(state=TriggerState.STOPPED).select_for_update():
        row.state, row.next_at = TriggerState.ACTIVE, next_of(row.config, now)
        row.save(update_fields=["state", "next_at", "updated_at"])


def next_of(config: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when a trigger that is written down as `config` falls due after `now`."""
    if config["kind"] != TriggerKind.SCHEDULE:
        return None
    return next_time(config["cron"], config["timezone"], after=now)


def make_hook_secret(auth: str) -> str:
    """Return a new secret of an inbound webhook: a key to sign with, or a token."""
    if auth == HookAuth.SIGNED:
        return make_secret()
    return TOKEN_MARK + secrets.token_urlsafe(_TOKEN_BYTES)


def tell_of_schedule(actor: Actor, row: SpindleTrigger, event_type: str) -> None:
    """Record that a schedule has come, or gone."""
    record_event(
        actor=actor,
        entity=aggregate_of(row.organization_id, row.spindle_id),
        event_type=event_type,
        data={
            "workflow_id": str(row.spindle_id),
            "version": row.version,
            "schedule": {"id": row.key, **row.config},
        },
    )


def _locked(actor: Actor, spindle_id: UUID) -> list[SpindleTrigger]:
    rows = SpindleTrigger.objects.of_spindle(actor.tenant_id, spindle_id)
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def _require_free_paths(actor: Actor, spindle_id: UUID, found: Sequence[AnyTrigger]) -> None:
    wanted = {
        one.path: place
        for place, one in enumerate(found)
        if isinstance(one, WebhookTrigger) and one.path
    }
    others = SpindleTrigger.objects.filter(organization_id=actor.tenant_id, path__in=wanted)
    taken = others.exclude(spindle_id=spindle_id).values_list("path", flat=True)
    errors = [
        FieldError(f"/triggers/{wanted[path]}/path", "duplicate", "Another spindle has this path.")
        for path in sorted(path for path in taken if path)
    ]
    if errors:
        raise Conflict("The path of a webhook is taken.", code="duplicate", errors=errors)


def _still_there(
    rows: Iterable[SpindleTrigger], found: Sequence[AnyTrigger]
) -> dict[str, SpindleTrigger]:
    """Return the rows of triggers that the version has too, by the id they have there.

    A webhook with the same path is the same one, also under another id.
    """
    left = [row for row in rows if row.origin == TriggerOrigin.VERSION]
    known: dict[str, SpindleTrigger] = {}
    for by_path in (False, True):
        for one in found:
            path = getattr(one, "path", None)
            for row in left:
                same = path and row.path == path if by_path else row.key == one.id
                if same and row.kind == one.kind and one.id not in known:
                    known[one.id] = row
        taken = {row.pk for row in known.values()}
        left = [row for row in left if row.pk not in taken]
    return known


def _let_go(actor: Actor, rows: Iterable[SpindleTrigger]) -> None:
    """Delete triggers that will not come back."""
    for row in rows:
        _tell_of_end(actor, row)
        row.delete()


def _tell_of_end(actor: Actor, row: SpindleTrigger) -> None:
    if row.kind == TriggerKind.SCHEDULE and row.state != TriggerState.REMOVED:
        tell_of_schedule(actor, row, "WorkflowScheduleRemoved")


def _vacate_paths(found: Iterable[AnyTrigger], known: Mapping[str, SpindleTrigger]) -> None:
    """Free the addresses that change, so that two webhooks may swap theirs."""
    named = [one for one in found if isinstance(one, WebhookTrigger) and one.id in known]
    moving = [
        known[one.id].pk for one in named if known[one.id].config.get("path", one.path) != one.path
    ]
    SpindleTrigger.objects.filter(pk__in=moving).update(path=None)


def _new(actor: Actor, spindle_id: UUID, one: AnyTrigger) -> SpindleTrigger:
    return SpindleTrigger(
        organization_id=actor.tenant_id,
        spindle_id=spindle_id,
        key=one.id,
        kind=one.kind,
        state=TriggerState.REMOVED,
    )


def _apply(
    actor: Actor,
    row: SpindleTrigger,
    one: AnyTrigger,
    version: str,
    names: list[str],
    done: Registered,
) -> None:
    """Let `row` be the trigger that `one` describes, and put it to work."""
    before, was_active = row.config, row.state == TriggerState.ACTIVE
    row.config = one.model_dump(mode="json", exclude={"id"}, exclude_none=True)
    if row.origin == TriggerOrigin.VERSION:
        row.key = one.id
    row.version, row.input_names, row.state = version, names, TriggerState.ACTIVE
    row.registered_by_id = actor.user_id
    if isinstance(one, ScheduleTrigger):
        same = all(before.get(name) == row.config[name] for name in ("cron", "timezone"))
        if not (same and was_active and row.next_at):
            row.next_at = next_of(row.config, timezone.now())
    elif isinstance(one, WebhookTrigger):
        _give_address(row, one, before, done)
    elif isinstance(one, EventTrigger):
        row.event_type = one.type
    row.save()
    done.triggers.append(row)
    if isinstance(one, ScheduleTrigger) and not (was_active and before == row.config):
        tell_of_schedule(actor, row, "WorkflowScheduled")


def _give_address(
    row: SpindleTrigger, one: WebhookTrigger, before: Mapping[str, Any], done: Registered
) -> None:
    if one.path:
        row.path = one.path
    elif row.path is None or before.get("path"):
        row.path = secrets.token_hex(_PATH_BYTES)
    if row.secret is None or before.get("auth") != one.auth:
        row.secret = done.secrets[row.pk] = make_hook_secret(one.auth)
        row.previous_secret = row.previous_until = None
