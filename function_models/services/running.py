"""What of a model runs: finding the version, checking that it may and what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, InvalidTransition, NotFound
from function_models.canvas.document import Canvas, parse_canvas
from function_models.contracts import check_inputs
from function_models.models import FunctionModel, FunctionModelVersion, document_of
from function_models.pins import PUBLISHED, pinned
from function_models.services.pinning import Pins, find_pins
from function_models.services.planning import keep_plan, keep_plan_of
from function_models.services.publishing import require_publishable
from function_models.services.validating import subject_of
from function_models.validation.report import examine
from function_models.validation.structural import MAX_LEVELS
from node_links.choices import EntityStatus
from node_links.permissions import Act, require
from node_links.services.versions import get_snapshot
from spindles.choices import Environment
from spindles.engine.starting import start_execution
from spindles.models import Execution
from spindles.registry.runnables import Prepared, Source

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version of a model; without `version` the open draft."""

    model: FunctionModel
    version: FunctionModelVersion | None
    canvas: Canvas

    @property
    def number(self) -> str:
        """The number under which it runs."""
        return self.model.version if self.version is None else self.version.version

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The documents of its nodes."""
        if self.version is None:
            return list(self.model.nodes_data)
        return list(self.version.content["nodes_data"])


def prepare_model(
    *,
    actor: Actor,
    target: str,
    version: str | None,
    environment: str,
    inputs: Mapping[str, Any],
    child: bool = False,
) -> Prepared:
    """Return the run of a model that may begin. `target` is its id.

    `version` is a number, `draft` (in development only), or None for the live one. A run notes the
    versions in which the models that it nests will run; a `child` that is asked for by such a pin
    runs whatever became of the model since. Raises as `spindles.registry.Prepare`; besides
    `Conflict` `nesting_too_deep`.
    """
    return _prepare(
        actor=actor,
        chosen=_pinned(actor, version) if child else None,
        target=target,
        version=version,
        environment=environment,
        inputs=inputs,
        child=child,
        levels=MAX_LEVELS,
    )


def execute_model(
    *,
    actor: Actor,
    pk: UUID,
    inputs: Mapping[str, Any],
    version: str | None = None,
    environment: str = Environment.PRODUCTION,
    max_depth: int | None = None,
    session_id: str | None = None,
    correlation_id: str | None = None,
) -> Execution:
    """Start a run of a model and return it, pending.

    At most `max_depth` levels nest, the root included, and never more than ten. Runs with the same
    `session_id` share the contexts of that scope. Raises as `prepare_model`.
    """
    levels = min(max_depth or MAX_LEVELS, MAX_LEVELS)
    with joined_transaction():
        prepared = _prepare(
            actor=actor,
            chosen=None,
            target=str(pk),
            version=version,
            environment=environment,
            inputs=inputs,
            child=False,
            levels=levels,
        )
        return start_execution(
            actor=actor,
            prepared=prepared,
            environment=environment,
            max_depth=levels,
            session_id=session_id,
            correlation_id=correlation_id,
        )


def choose(*, model: FunctionModel, version: str | None) -> Chosen:
    """Return the version of a model that is asked for.

    Raises `NotFound`, `ValidationFailed` at `/version`, `Conflict` `not_published`.
    """
    if version == DRAFT:
        if model.status != EntityStatus.DRAFT:
            raise Conflict("No draft is open.", code="not_published")
        return Chosen(model, None, model.canvas)
    number = PUBLISHED if version is None else version
    if number == PUBLISHED and model.published_version is None:
        raise Conflict("No version of it is published.", code="not_published")
    found = get_snapshot(FunctionModelVersion, entity=model, version=number, pointer="/version")
    return Chosen(model, found, canvas_of(found))


def canvas_of(version: FunctionModelVersion) -> Canvas:
    """Return the drawing of a published version."""
    document = document_of(version.content)
    statuses = {node["id"]: node["data"]["status"] for node in document["nodes"]}
    return parse_canvas(document, model_id=str(version.entity_id), statuses=statuses)


def find_model(*, actor: Actor, target: str) -> FunctionModel:
    """Return the living model with this id. Raises `NotFound`."""
    try:
        pk = UUID(target)
    except ValueError:
        raise NotFound from None
    found = FunctionModel.all_objects.visible_to(actor).alive().filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def refuse_archived(model: FunctionModel) -> None:
    """Raise `InvalidTransition` for an archived model: it runs no more."""
    if model.status == EntityStatus.ARCHIVED:
        raise InvalidTransition(model.status, detail="An archived model runs no more.")


def _prepare(
    *,
    actor: Actor,
    chosen: Chosen | None,
    target: str,
    version: str | None,
    environment: str,
    inputs: Mapping[str, Any],
    child: bool,
    levels: int,
) -> Prepared:
    if chosen is None:
        model = find_model(actor=actor, target=target)
        if not child:
            require(actor, model, Act.EXECUTE)
        refuse_archived(model)
        chosen = choose(model=model, version=version)
        if chosen.version is None:
            _require_ready(actor, chosen, environment)
    check_inputs(chosen.canvas, inputs)
    pins = find_pins(actor=actor, nodes=chosen.nodes)
    _require_shallow(pins, levels)
    return Prepared(_source(actor, chosen), dict(inputs), {"pins": pins.noted})


def _pinned(actor: Actor, version: str | None) -> Chosen | None:
    """Return the version that a pin names; None where it is asked for in another way."""
    pk = pinned(version)
    if pk is None:
        return None
    rows = FunctionModelVersion.objects.filter(entity__organization_id=actor.tenant_id)
    found = rows.select_related("entity").filter(pk=pk).first()
    if found is None:
        raise NotFound("The version is gone.")
    return Chosen(found.entity, found, canvas_of(found))


def _require_ready(actor: Actor, chosen: Chosen, environment: str) -> None:
    if environment != Environment.DEVELOPMENT:
        raise Conflict("A draft runs in development only.", code="not_published")
    report = examine(subject_of(actor=actor, model=chosen.model))
    require_publishable(chosen.model, report)


def _require_shallow(pins: Pins, levels: int) -> None:
    if not pins.allows(levels):
        raise Conflict(
            f"{pins.levels} levels of models nest, the root included; that is too deep.",
            code="nesting_too_deep",
        )


def _source(actor: Actor, chosen: Chosen) -> Source:
    model, version = chosen.model, chosen.version
    if version is None:
        plan, name = keep_plan(actor=actor, model=model), model.name
    else:
        plan, name = keep_plan_of(actor=actor, version=version), version.content["name"]
    return Source(
        feature=FunctionModel.feature_type,
        entity_id=model.pk,
        name=name,
        slug="",
        version=chosen.number,
        plan_id=plan.pk,
        is_draft=version is None,
    )
