"""Dry runs: what a run of a model would do, without storing or calling anything."""

from collections.abc import Mapping
from typing import Any

from accounts.actors import Actor
from config.ids import uuid7
from function_models.contracts import check_inputs
from function_models.models import CANVAS_FIELDS, FunctionModel
from function_models.runs.dry_run import foretell
from function_models.services.pinning import Pins, find_pins
from function_models.services.running import DRAFT, Chosen, choose, find_model, refuse_archived
from function_models.services.validating import subject_of
from function_models.validation.findings import Finding
from function_models.validation.report import examine
from function_models.validation.structural import MAX_LEVELS
from node_links.permissions import Act, require
from node_links.versions import Version
from spindles.choices import Environment


def dry_run(
    *,
    actor: Actor,
    target: str,
    version: str | None = None,
    environment: str = Environment.PRODUCTION,
    inputs: Mapping[str, Any] | None = None,
    max_depth: int | None = None,
) -> dict[str, Any]:
    """Return what a run of a model would do.

    Without `version` that of the live one, else of the draft, in any environment. Raises as
    `prepare_model`, but for what blocks a run: that is told by `runnable` and `problems`.
    """
    model = find_model(actor=actor, target=target)
    require(actor, model, Act.EXECUTE)
    refuse_archived(model)
    if version is None and model.published_version is None:
        version = DRAFT
    chosen = choose(model=model, version=version)
    given = dict(inputs or {})
    check_inputs(chosen.canvas, given)
    pins = find_pins(actor=actor, nodes=chosen.nodes)
    levels = min(max_depth or MAX_LEVELS, MAX_LEVELS)
    return foretell(
        chosen.canvas,
        run_id=f"dry-run-{uuid7()}",
        version=chosen.number,
        environment=environment,
        inputs=given,
        findings=[*_findings(actor, chosen), *_too_deep(pins, levels)],
        nested_levels=pins.levels,
    )


def _findings(actor: Actor, chosen: Chosen) -> list[Finding]:
    """Return all that the checks find in a version, as if it were the working copy."""
    model = chosen.model if chosen.version is None else _as_it_was(chosen)
    subject = subject_of(actor=actor, model=model, version=Version.parse(chosen.number))
    found = examine(subject).found.values()
    return [one for findings in found for one in (*findings.errors, *findings.warnings)]


def _as_it_was(chosen: Chosen) -> FunctionModel:
    """Return the model as a version keeps it; it is never saved."""
    model, content = chosen.model, chosen.version.content if chosen.version else {}
    then = FunctionModel(
        id=model.pk,
        organization_id=model.organization_id,
        version=chosen.number,
        published_version=model.published_version,
        permissions=model.permissions,
    )
    for name in (*CANVAS_FIELDS, *FunctionModel.snapshot_fields):
        setattr(then, name, content[name])
    return then


def _too_deep(pins: Pins, levels: int) -> list[Finding]:
    if pins.allows(levels):
        return []
    message = f"{pins.levels} levels nest, the root included; at most {levels} may in this run."
    return [Finding("nesting_too_deep", message, blocks_publish=True)]
