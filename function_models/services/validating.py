"""Checking a model as it is stored: what is known around its drawing is read, then examined."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership
from function_models.canvas.nodes import PUBLISHED
from function_models.canvas.references import Reference, references_of
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.nesting import nesting_of
from function_models.services.references import target_of
from function_models.validation.report import FULL, Report, examine
from function_models.validation.subject import Subject, Target
from node_links.choices import Bump, EntityStatus, FeatureType
from node_links.registry import Feature, features
from node_links.services.versions import get_snapshot, snapshot_content
from node_links.versions import Version
from spindles.models import Spindle

# Statuses that end the use of an entity although it has been published.
_OUT_OF_USE = frozenset({"inactive", "archived"})
_DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Validation:
    """A report on a model, and when it was made."""

    model: FunctionModel
    level: str
    report: Report
    validated_at: datetime


def validate_model(*, actor: Actor, model: FunctionModel, level: str = FULL) -> Validation:
    """Examine a model's working copy. `level` is one category or `full`; nothing is changed."""
    report = examine(subject_of(actor=actor, model=model), level)
    return Validation(model, level, report, timezone.now())


def subject_of(*, actor: Actor, model: FunctionModel, version: Version | None = None) -> Subject:
    """Return a model with what is known around it; at most eight statements, however large it is.

    `version` is the number under which it is about to be published, if not its own.
    """
    return Subject(
        canvas=model.canvas,
        metadata=model.metadata,
        permissions=model.permissions,
        targets=targets_of(actor=actor, references=references_of(model.canvas)),
        nesting=nesting_of(model),
        parties=_parties(actor),
        content=snapshot_content(model),
        live_content=_live_content(model),
        major_step=_is_major(model, version or Version.parse(model.version)),
    )


def targets_of(*, actor: Actor, references: Iterable[Reference]) -> dict[tuple[str, str], Target]:
    """Return what the references mean, as far as it is there; two statements for each feature.

    Of a feature that has not joined, nothing is there.
    """
    asked: dict[str, list[Reference]] = {}
    for reference in references:
        asked.setdefault(reference.feature, []).append(reference)
    found: dict[tuple[str, str], Target] = {}
    for feature in features.all():
        if feature.feature_type in asked:
            found |= _targets_in(feature, actor, asked[feature.feature_type])
    return found


def _targets_in(
    feature: Feature, actor: Actor, references: list[Reference]
) -> dict[tuple[str, str], Target]:
    ids = {r.entity_id: target.entity_id for r in references if (target := target_of(r))}
    rows = feature.model.all_objects.visible_to(actor).alive().filter(pk__in=set(ids.values()))
    states = {
        pk: (str(state), published is not None)
        for pk, state, published in rows.values_list("pk", _state_in(feature), "published_version")
    }
    pins = {r.version for r in references if r.version != PUBLISHED}
    versions = _versions_in(feature, states, pins) if states and pins else {}
    return {
        (feature.feature_type, text): _target(feature, *states[pk], versions.get(pk, set()))
        for text, pk in ids.items()
        if pk in states
    }


def _state_in(feature: Feature) -> Case | F:
    """Return what says whether an entity is in use: a spindle's live version has its own state."""
    if feature.model is not Spindle:
        return F("status")
    archived = When(status=EntityStatus.ARCHIVED, then=F("status"))
    return Case(archived, default=Coalesce("live_status", "status"))


def _target(feature: Feature, status: str, published: bool, versions: set[str]) -> Target:
    """What was published of an SOP stays readable when it is archived; anything else is over."""
    readable = feature.feature_type == FeatureType.KNOWLEDGE_BASE
    archived = status == EntityStatus.ARCHIVED
    return Target(
        live=published and (readable or status not in _OUT_OF_USE),
        deprecated=status == _DEPRECATED or (readable and archived),
        versions=versions,
    )


def _versions_in(
    feature: Feature, known: Iterable[UUID], numbers: set[str]
) -> dict[UUID, set[str]]:
    if feature.snapshots is None:
        return {}
    canonical = {_canonical(number): number for number in numbers}
    rows: QuerySet[Any] = feature.snapshots._default_manager.all()
    rows = rows.filter(entity_id__in=list(known), version__in=canonical)
    found: dict[UUID, set[str]] = {}
    for pk, number in rows.values_list("entity_id", "version"):
        found.setdefault(pk, set()).update({number, canonical[number]})
    return found


def _canonical(number: str) -> str:
    return str(Version.parse(number))


def _parties(actor: Actor) -> set[str]:
    """Return whom a responsibility may name: members, by id, name or address, and their roles."""
    rows = Membership.objects.visible_to(actor).values_list(
        "user_id", "user__name", "user__email", "role"
    )
    return {str(part) for row in rows for part in row if part}


def _live_content(model: FunctionModel) -> dict[str, Any] | None:
    if model.published_version is None:
        return None
    return dict(get_snapshot(FunctionModelVersion, entity=model, version=PUBLISHED).content)


def _is_major(model: FunctionModel, number: Version) -> bool:
    if model.published_version is None:
        return False
    return Version.parse(model.published_version).bump_to(number) == Bump.MAJOR
