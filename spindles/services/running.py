"""What may run: finding the version, and checking that it may and what it is given."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Conflict, InvalidTransition, NotFound
from config.ids import uuid7
from node_links.models import document_of
from node_links.permissions import Act, require
from node_links.services.versions import get_snapshot
from spindles.choices import Environment, SpindleStatus
from spindles.definitions.analysis import analyse
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.inputs import complete_inputs, stored_inputs
from spindles.definitions.problems import Problem
from spindles.definitions.steps import StepDefinition
from spindles.models import Spindle, SpindleVersion
from spindles.registry.runnables import Prepared, Runnable, Source, runnables
from spindles.services.defining import definition_of
from spindles.services.planning import keep_plan
from spindles.services.problems import problems_of
from spindles.services.publishing import require_no_problems
from spindles.services.triggers.failing import note_end

DRAFT = "draft"
LIVE = "published"
RUNNING = (SpindleStatus.ACTIVE, SpindleStatus.ERROR)
"""The states of the live version in which new runs begin."""


class _Chosen(NamedTuple):
    """The version that is asked for; without `snapshot` the open draft."""

    spindle: Spindle
    snapshot: SpindleVersion | None

    @property
    def number(self) -> str:
        return self.spindle.version if self.snapshot is None else self.snapshot.version

    def value(self, name: str) -> Any:
        if self.snapshot is None:
            return getattr(self.spindle, name)
        return self.snapshot.content[name]

    @property
    def steps(self) -> tuple[StepDefinition, ...]:
        if self.snapshot is None:
            return definition_of(self.spindle).steps
        return parse_drawing(document_of(self.snapshot.content), stored=True).steps


def prepare_spindle(
    *,
    actor: Actor,
    target: str,
    version: str | None,
    environment: str,
    inputs: Mapping[str, Any],
    child: bool = False,
) -> Prepared:
    """Return the run of a spindle that may begin; `target` is its id or its slug.

    `version` is a number, `draft` (only in development), or None for the live one. Raises
    `NotFound`, `Forbidden`, `Conflict` (`not_published`, `not_publishable`), `InvalidTransition`,
    and `ValidationFailed` with pointers under `/inputs`.
    """
    spindle = find_spindle(actor=actor, target=target)
    if not child:
        require(actor, spindle, Act.EXECUTE)
    chosen = _choose(spindle, version)
    _require_running(chosen, version, environment)
    complete = complete_inputs(stored_inputs(chosen.value("inputs")), inputs)
    return Prepared(_source(actor, chosen), complete)


def dry_run(
    *,
    actor: Actor,
    target: str,
    version: str | None = None,
    environment: str = Environment.PRODUCTION,
    inputs: Mapping[str, Any] | None = None,
    average: float = 60.0,
) -> dict[str, Any]:
    """Return what a run would do, without storing or calling anything.

    Without `version` the live one, else the draft, in any environment. `average` is how many
    seconds a step takes. Raises `NotFound`, `Forbidden`, `Conflict` (`not_published`), and
    `ValidationFailed` with pointers under `/inputs`.
    """
    spindle = find_spindle(actor=actor, target=target)
    require(actor, spindle, Act.EXECUTE)
    if version is None and spindle.published_version is None:
        version = DRAFT
    chosen = _choose(spindle, version)
    if chosen.snapshot is None and spindle.status != SpindleStatus.DRAFT:
        raise Conflict("No draft is open.", code="not_published")
    problems = problems_of(spindle) if chosen.snapshot is None else []
    complete = complete_inputs(stored_inputs(chosen.value("inputs")), inputs or {})
    return _would_do(chosen, problems, environment, complete, average)


def find_spindle(*, actor: Actor, target: str) -> Spindle:
    """Return the living spindle with this id or slug. Raises `NotFound`.

    Where one spindle has the slug that is another's id, the id is meant.
    """
    found = list(Spindle.all_objects.visible_to(actor).alive().called(target)[:2])
    if not found:
        raise NotFound("There is no such spindle.")
    return next((one for one in found if str(one.pk) == target.lower()), found[0])


def register() -> None:
    """Let spindles run."""
    runnables.add(Runnable(Spindle.feature_type, prepare_spindle, ended=note_end, dry_run=dry_run))


def _choose(spindle: Spindle, version: str | None) -> _Chosen:
    if version == DRAFT:
        return _Chosen(spindle, None)
    if version in (None, LIVE) and spindle.published_version is None:
        raise Conflict("No version of it is published.", code="not_published")
    number = LIVE if version is None else version
    snapshot = get_snapshot(SpindleVersion, entity=spindle, version=number, pointer="/version")
    return _Chosen(spindle, snapshot)


def _require_running(chosen: _Chosen, version: str | None, environment: str) -> None:
    spindle = chosen.spindle
    if spindle.status == SpindleStatus.ARCHIVED:
        raise InvalidTransition(spindle.status, detail="It is archived.")
    if chosen.snapshot is None:
        if spindle.status != SpindleStatus.DRAFT:
            raise Conflict("No draft is open.", code="not_published")
        if environment != Environment.DEVELOPMENT:
            raise Conflict("A draft runs in development only.", code="not_published")
        require_no_problems(problems_of(spindle))
    elif spindle.live_status not in RUNNING:
        state = str(spindle.live_status)
        raise InvalidTransition(state, detail=f"It is {state}: no run begins.")


def _source(actor: Actor, chosen: _Chosen) -> Source:
    spindle, snapshot = chosen
    plan_id: UUID = (
        keep_plan(actor=actor, spindle=spindle).pk if snapshot is None else snapshot.plan_id
    )
    return Source(
        feature=spindle.feature_type,
        entity_id=spindle.pk,
        name=chosen.value("name"),
        slug=spindle.slug,
        version=chosen.number,
        plan_id=plan_id,
        is_draft=snapshot is None,
        max_concurrency=chosen.value("max_concurrency"),
        timeout=chosen.value("timeout"),
    )


def _would_do(
    chosen: _Chosen,
    problems: list[Problem],
    environment: str,
    inputs: dict[str, Any],
    average: float,
) -> dict[str, Any]:
    spindle, steps = chosen.spindle, chosen.steps
    figures = analyse(steps, average=average)
    at_rest = chosen.snapshot is not None and spindle.live_status not in RUNNING
    return {
        "id": f"dry-run-{uuid7()}",
        "dry_run": True,
        "runnable": not (problems or at_rest or spindle.status == SpindleStatus.ARCHIVED),
        "version": chosen.number,
        "environment": environment,
        "node_count": len(steps),
        "order": figures["order"],
        "levels": figures["levels"],
        "critical_path": figures["critical_path"],
        "estimated_seconds": figures["estimated_seconds"],
        "problems": [one.as_dict() for one in problems],
        "inputs": inputs,
    }
