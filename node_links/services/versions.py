"""Drafts and published versions, the same for every feature.

           publish                     open_version {bump}
draft ───────────────► published ──────────────────────► draft (the next number; the last
  │                        │                               │   published one is still live)
  └──────── archive ───────┴────────── archive ────────────┴──► archived (terminal)
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from accounts.actors import Actor
from config.exceptions import Conflict, InvalidTransition, NotFound
from node_links.audit.annotating import annotate
from node_links.choices import Bump, EntityStatus
from node_links.events.recording import record_event
from node_links.models import NodeEntity, VersionSnapshot
from node_links.services.entities import save_entity
from node_links.versions import Version

S = TypeVar("S", bound=VersionSnapshot)

HEAD = ("version", "status", "version_count", "published_version")


def next_number(entity: NodeEntity, version: str | None) -> tuple[Version, str]:
    """Return the number under which a draft would be published, and the step that leads to it.

    Without `version` the draft's own number is used. A stated number must be one of the three next
    steps after the last published one, or anything where nothing is published yet. Raises
    `InvalidTransition`, `ValidationFailed` (`invalid_version`), `Conflict` (`version_conflict`).
    """
    require_status(entity, EntityStatus.DRAFT)
    return number_of_draft(entity, version)


def number_of_draft(entity: NodeEntity, version: str | None) -> tuple[Version, str]:
    """Return as `next_number`, whatever the entity's status. Raises as that otherwise."""
    number = Version.parse(version) if version is not None else Version.parse(entity.version)
    return number, _bump(entity.published_version, number)


def publish_entity(
    snapshot_model: type[S],
    *,
    actor: Actor,
    entity: NodeEntity,
    version: str | None,
    notes: str,
    warnings: Sequence[Any] = (),
    also: Iterable[str] = (),
    act: Mapping[str, Any] | None = None,
) -> S:
    """Freeze a locked draft as an immutable snapshot and make it the live one.

    `warnings` are told with the event. `also` names fields that the caller has changed as a part of
    the publication, `act` what the audit trail says besides the event. Raises as `next_number`.
    """
    number, bump = next_number(entity, version)
    previous = entity.published_version
    event_type = f"{entity.event_prefix}Published"
    data: dict[str, Any] = {
        "name": entity.title_text,
        "version": str(number),
        "previous_version": previous,
        "notes": notes or None,
        "warnings": list(warnings),
    }
    told = {"action": "publish", **data, **(act or {})}
    with annotate(event_type=event_type, event_data=told):
        snapshot = write_snapshot(
            snapshot_model, actor=actor, entity=entity, number=number, bump=bump, notes=notes
        )
        entity.version = entity.published_version = str(number)
        entity.status = EntityStatus.PUBLISHED
        save_entity(entity, [*HEAD, *also])
    record_event(actor=actor, entity=entity, event_type=event_type, data=data)
    record_event(
        actor=actor,
        entity=entity,
        event_type=f"{entity.event_prefix}VersionCreated",
        data={
            "version_id": str(snapshot.pk),
            "version": str(number),
            "bump": bump,
            "previous_version": previous,
        },
    )
    return snapshot


def open_version(
    *, actor: Actor, entity: NodeEntity, bump: Bump, notes: str = "", save: bool = True
) -> None:
    """Reopen a locked published entity as the next draft. Raises `InvalidTransition`.

    With `save` false the caller saves the fields `HEAD` together with its own, as one change, and
    annotates it.
    """
    require_status(entity, EntityStatus.PUBLISHED)
    previous = entity.version
    entity.version = str(Version.parse(previous).bumped(bump))
    entity.status = EntityStatus.DRAFT
    entity.version_count += 1
    event_type = f"{entity.event_prefix}DraftOpened"
    data = {
        "previous_version": previous,
        "version": entity.version,
        "bump": bump,
        "notes": notes or None,
    }
    if save:
        with annotate(event_type=event_type, event_data={"action": "open_version", **data}):
            save_entity(entity, HEAD)
    record_event(actor=actor, entity=entity, event_type=event_type, data=data)


def get_snapshot(
    snapshot_model: type[S], *, entity: NodeEntity, version: str, pointer: str = "?version"
) -> S:
    """Return the snapshot with this number; `published` names the live one.

    Raises `NotFound`, or `ValidationFailed` at `pointer` for what is no number.
    """
    if version == "published":
        number = entity.published_version
    else:
        number = str(Version.parse(version, pointer=pointer))
    found = snapshot_model._default_manager.filter(entity_id=entity.pk, version=number).first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def require_status(entity: NodeEntity, *statuses: EntityStatus) -> None:
    """Raise `InvalidTransition` unless the entity is in one of `statuses`."""
    if entity.status not in statuses:
        raise InvalidTransition(entity.status, allowed=_next_states(entity))


def require_draft(entity: NodeEntity) -> None:
    """Raise `InvalidTransition` unless a draft is open."""
    if entity.status != EntityStatus.DRAFT:
        raise InvalidTransition(entity.status, detail="No draft is open.")


def snapshot_content(entity: NodeEntity) -> dict[str, Any]:
    """Return what a version of `entity` keeps, as plain JSON values."""
    values = {name: getattr(entity, name) for name in entity.snapshot_fields}
    plain: dict[str, Any] = orjson.loads(orjson.dumps(values))
    return plain


def content_hash(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a snapshot's content, in hexadecimal; the order of keys is nothing."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def write_snapshot(
    model: type[S],
    *,
    actor: Actor,
    entity: NodeEntity,
    number: Version,
    bump: str,
    notes: str,
    also: Mapping[str, Any] | None = None,
) -> S:
    """Keep what `entity` says now under a number; `also` are the feature's own columns."""
    content = snapshot_content(entity)
    return model._default_manager.create(
        organization_id=entity.organization_id,
        entity_id=entity.pk,
        version=str(number),
        major=number.major,
        minor=number.minor,
        patch=number.patch,
        bump=bump,
        previous_version=entity.published_version,
        content=content,
        content_hash=content_hash(content),
        notes=notes,
        author_id=actor.user_id,
        **(also or {}),
    )


def _bump(previous: str | None, number: Version) -> str:
    if previous is None:
        return "initial"
    bump = Version.parse(previous).bump_to(number)
    if bump is None:
        steps = [str(Version.parse(previous).bumped(step)) for step in Bump]
        raise Conflict(
            f"After {previous} comes one of {', '.join(steps)}.",
            code="version_conflict",
            extra={"current": previous, "allowed": steps},
        )
    return bump.value


def _next_states(entity: NodeEntity) -> list[str]:
    if entity.status == EntityStatus.ARCHIVED:
        return []
    other = {EntityStatus.DRAFT: EntityStatus.PUBLISHED, EntityStatus.PUBLISHED: EntityStatus.DRAFT}
    return [other[EntityStatus(entity.status)].value, EntityStatus.ARCHIVED.value]
