"""Version pins: which state of its target a link means, and whether that is still the live one.

    latest     the working copy, whatever it says
    published  what is live; nothing while the target has not been published
    x.y.z      one published version, for good

A number that an entity has never published is refused. A link *drifts* when it is pinned to a
number and a newer one is live. It is *broken* when that version is gone, or when its target has
been deleted or archived, whichever way it is pinned. What runs have recorded tells of the past and
does neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from config.exceptions import ValidationFailed
from node_links.choices import BreakReason, Bump, DriftStatus, EntityStatus
from node_links.links.drafts import LATEST
from node_links.links.rules import read_pin
from node_links.models import VersionSnapshot
from node_links.registry import features
from node_links.versions import Version

S = TypeVar("S", bound=VersionSnapshot)

PUBLISHED = "published"
MOVING = (LATEST, PUBLISHED)
"""Pins that go with their target."""
PinnedTo = tuple[str, UUID, str]
UNKNOWN, UNKNOWN_DETAIL = "unknown_version", "The target has published no such version."


@dataclass(frozen=True, slots=True)
class TargetState:
    """What has to be known of an entity to judge the pins of links to it."""

    is_deleted: bool
    is_archived: bool
    working: Version
    live: Version | None
    versions: frozenset[Version]


GONE = TargetState(True, False, Version(0, 0, 0), None, frozenset())
"""What is known of an entity that is not there at all: links to it are as to a deleted one."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What is wrong with a pin; `bump` and `versions_behind` say how far a drifted one is behind.

    `bump` is the greatest part in which the numbers differ, `versions_behind` counts the published
    versions after `from_version`, up to the live one.
    """

    status: DriftStatus
    from_version: str
    to_version: str | None = None
    reason: BreakReason | None = None
    bump: Bump | None = None
    versions_behind: int | None = None


def resolve_pin(pin: str, target: TargetState) -> Version | None:
    """Return the version that a pin means at present; None where there is no such version."""
    if pin == LATEST:
        return target.working
    if pin == PUBLISHED:
        return target.live
    number = Version.parse(pin)
    return number if number in target.versions else None


def judge_pin(pin: str, target: TargetState) -> Drift | None:
    """Return what is wrong with a pin, None where all is well."""
    reason = None
    if target.is_deleted:
        reason = BreakReason.TARGET_DELETED
    elif target.is_archived:
        reason = BreakReason.TARGET_ARCHIVED
    elif pin not in MOVING and resolve_pin(pin, target) is None:
        reason = BreakReason.VERSION_GONE
    live = str(target.live) if target.live else None
    if reason is not None:
        return Drift(DriftStatus.BROKEN, pin, live, reason)
    if pin in MOVING or target.live is None:
        return None
    pinned = Version.parse(pin)
    if target.live <= pinned:
        return None
    behind = sum(pinned < version <= target.live for version in target.versions)
    return Drift(
        DriftStatus.DRIFTED,
        pin,
        live,
        bump=_distance(pinned, target.live),
        versions_behind=behind,
    )


def normalise_pin(pin: str, *, feature_type: str, entity_id: UUID) -> str:
    """Return a pin to this entity as it is stored (`01.2.0` is `1.2.0`).

    `published` may be asked for before anything is: the link means nothing until then. Raises
    `ValidationFailed`: `invalid_version` for what is neither a word nor a number,
    `unknown_version` for a number that the entity has not published.
    """
    pin = read_pin(pin)
    if unknown_pins([(feature_type, entity_id, pin)]):
        raise ValidationFailed.of("/version_pin", UNKNOWN, UNKNOWN_DETAIL)
    return pin


def unknown_pins(pins: Iterable[PinnedTo]) -> set[PinnedTo]:
    """Return those of (feature, entity, pin) that name a number which has not been published.

    One query for each feature that is pinned to by number. What is no number is left out.
    """
    numbers: dict[str, dict[PinnedTo, Version]] = {}
    for pinned in pins:
        feature_type, _, pin = pinned
        number = None if pin in MOVING else _number(pin)
        if number is not None:
            numbers.setdefault(feature_type, {})[pinned] = number
    unknown: set[PinnedTo] = set()
    for feature_type, asked in numbers.items():
        published = published_versions(feature_type, {entity for _, entity, _ in asked})
        unknown |= {
            pinned for pinned, number in asked.items() if number not in published[pinned[1]]
        }
    return unknown


def _number(pin: str) -> Version | None:
    try:
        return Version.parse(pin)
    except ValidationFailed:
        return None


def target_states(feature_type: str, entity_ids: Iterable[UUID]) -> dict[UUID, TargetState]:
    """Return the state of entities of one feature, by id, in two queries.

    Raises `ValidationFailed` for a feature that has not joined.
    """
    versions = published_versions(feature_type, entity_ids)
    entities = (
        features.get(feature_type)
        .model.all_objects.filter(pk__in=list(versions))
        .only("deleted_at", "status", "version", "published_version")
    )
    return {
        entity.pk: TargetState(
            is_deleted=entity.deleted_at is not None,
            is_archived=entity.status == EntityStatus.ARCHIVED,
            working=Version.parse(entity.version),
            live=Version.parse(entity.published_version) if entity.published_version else None,
            versions=frozenset(versions[entity.pk]),
        )
        for entity in entities
    }


def published_versions(feature_type: str, entity_ids: Iterable[UUID]) -> dict[UUID, set[Version]]:
    """Return the numbers that entities of one feature have published, by id, in one query."""
    snapshots = features.get(feature_type).snapshots if feature_type in features else None
    versions: dict[UUID, set[Version]] = {pk: set() for pk in entity_ids}
    if snapshots is not None:
        for pk, *number in _numbers(snapshots, list(versions)):
            versions[pk].add(Version(*number))
    return versions


def _numbers(snapshots: type[S], entity_ids: list[UUID]) -> Iterable[tuple[UUID, int, int, int]]:
    rows = snapshots._default_manager.filter(entity_id__in=entity_ids).order_by()
    return rows.values_list("entity_id", "major", "minor", "patch")


def _distance(older: Version, newer: Version) -> Bump:
    if older.major != newer.major:
        return Bump.MAJOR
    return Bump.MINOR if older.minor != newer.minor else Bump.PATCH
