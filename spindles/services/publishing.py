"""Publishing spindles, opening the next draft, rolling back."""

from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, FieldError
from node_links.audit.annotating import annotate
from node_links.choices import Bump
from node_links.events.recording import record_event
from node_links.models import CANVAS_FIELDS
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.versions import (
    HEAD,
    get_snapshot,
    number_of_draft,
    write_snapshot,
)
from node_links.versions import Version
from spindles.choices import SpindleStatus
from spindles.definitions.problems import Problem
from spindles.models import Spindle, SpindleVersion
from spindles.services.defining import definition_of, store_definition
from spindles.services.planning import keep_plan
from spindles.services.problems import problems_of
from spindles.services.states import PUBLISHED, require_draft, require_status
from spindles.services.triggers.registering import register_live_triggers


def publish_spindle(
    *,
    actor: Actor,
    pk: UUID,
    version: str | None = None,
    notes: str = "",
    expected_revision: int | None = None,
    locked: Spindle | None = None,
) -> Spindle:
    """Freeze the open draft as a version with its plan, and make it the live one.

    `version` is by default the draft's own number. Raises `NotFound`, `Forbidden`,
    `RevisionConflict`, `InvalidTransition`, `ValidationFailed` (`invalid_version`), `Conflict`
    (`version_conflict`; `not_publishable`, naming what blocks it).
    """
    with joined_transaction():
        spindle = entities.lock_entity(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, spindle, Act.PUBLISH)
        require_status(spindle, SpindleStatus.DRAFT)
        number, bump = number_of_draft(spindle, version)
        require_no_problems(problems_of(spindle))
        previous = spindle.published_version
        data: dict[str, Any] = {
            "name": spindle.name,
            "version": str(number),
            "previous_version": previous,
            "activated_by": _text(actor.user_id),
            "notes": notes or None,
        }
        with annotate(event_type="WorkflowActivated", event_data={"action": "publish", **data}):
            plan = keep_plan(actor=actor, spindle=spindle)
            write_snapshot(
                SpindleVersion,
                actor=actor,
                entity=spindle,
                number=number,
                bump=bump,
                notes=notes,
                also={"plan_id": plan.pk},
            )
            spindle.version = spindle.published_version = str(number)
            spindle.status = spindle.live_status = SpindleStatus.ACTIVE
            spindle.consecutive_failures = 0
            entities.save_entity(spindle, [*HEAD, "live_status", "consecutive_failures"])
        record_event(actor=actor, entity=spindle, event_type="WorkflowActivated", data=data)
        register_live_triggers(actor=actor, spindle=spindle)
    return spindle


def open_spindle_version(
    *,
    actor: Actor,
    pk: UUID,
    bump: Bump,
    notes: str = "",
    expected_revision: int | None = None,
    locked: Spindle | None = None,
) -> Spindle:
    """Reopen the working copy as the next draft; the live version goes on meanwhile.

    Raises `NotFound`, `Forbidden`, `RevisionConflict`, `InvalidTransition`.
    """
    with joined_transaction():
        spindle = entities.lock_entity(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, spindle, Act.EDIT)
        require_status(spindle, *PUBLISHED)
        previous = spindle.version
        spindle.version = str(Version.parse(previous).bumped(bump))
        spindle.status = SpindleStatus.DRAFT
        spindle.version_count += 1
        data = {
            "version": spindle.version,
            "previous_version": previous,
            "bump": bump.value,
            "notes": notes or None,
        }
        told = {"action": "open_version", **data}
        with annotate(event_type="WorkflowVersionOpened", event_data=told):
            entities.save_entity(spindle, HEAD)
        record_event(actor=actor, entity=spindle, event_type="WorkflowVersionOpened", data=data)
    return spindle


def rollback_spindle(
    *,
    actor: Actor,
    pk: UUID,
    version: str,
    expected_revision: int | None = None,
    locked: Spindle | None = None,
) -> Spindle:
    """Bring a version's content back into the open draft, whose number stays.

    A draft that says the same already is left as it is. Raises `NotFound` (no such version),
    `InvalidTransition` (no draft open).
    """
    with joined_transaction():
        spindle = entities.lock_entity(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, spindle, Act.EDIT)
        snapshot = get_snapshot(SpindleVersion, entity=spindle, version=version, pointer="/version")
        require_draft(spindle)
        changes = entities.changes_of(spindle, snapshot.content)
        if not changes:
            return spindle
        before = definition_of(spindle)
        for name, change in changes.items():
            setattr(spindle, name, change["new"])
        data = {"restored_version": snapshot.version, "version": spindle.version}
        told = {"action": "rollback", **data}
        also = [name for name in changes if name not in (*CANVAS_FIELDS, "triggers")]
        with annotate(event_type="WorkflowRolledBack", event_data=told):
            store_definition(actor=actor, spindle=spindle, before=before, also=also)
        record_event(actor=actor, entity=spindle, event_type="WorkflowRolledBack", data=data)
    return spindle


def require_no_problems(problems: list[Problem]) -> None:
    """Raise `Conflict` (`not_publishable`) where there is a problem, naming each."""
    if problems:
        raise Conflict(
            "The spindle cannot run as it is.",
            code="not_publishable",
            errors=[FieldError(one.pointer, one.code, one.message) for one in problems],
            extra={"problems": [one.as_dict() for one in problems]},
        )


def _text(user_id: UUID | None) -> str | None:
    return None if user_id is None else str(user_id)
