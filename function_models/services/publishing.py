"""Publishing a model, opening its next draft, and bringing an old version back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, FieldError
from function_models.canvas.document import parse_canvas
from function_models.canvas.nodes import Container
from function_models.choices import ActionStatus, ContainerStatus
from function_models.models import CANVAS_FIELDS, FunctionModel, FunctionModelVersion
from function_models.services.drawing import store_drawing
from function_models.services.models import unique_name
from function_models.services.planning import keep_plan
from function_models.services.validating import subject_of
from function_models.validation.findings import Finding
from function_models.validation.report import Report, examine
from node_links.audit.annotating import annotate
from node_links.choices import Bump
from node_links.events.recording import record_event
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.versions import (
    get_snapshot,
    next_number,
    open_version,
    publish_entity,
    require_draft,
)

_BECOMES_ACTIVE = {
    True: frozenset({ContainerStatus.DRAFT, ContainerStatus.CONFIGURED}),
    False: frozenset({ActionStatus.DRAFT}),
}
"""Which statuses of containers (True) and actions (False) end with publication."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A model that has just been published, and what was doubtful about it."""

    model: FunctionModel
    warnings: list[Finding]


def publish_model(
    *,
    actor: Actor,
    pk: UUID,
    version: str | None = None,
    notes: str = "",
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> Publication:
    """Freeze the open draft as a version and make it live; what was designed becomes active.

    Raises `NotFound`, `Forbidden`, `RevisionConflict`, `InvalidTransition`, `ValidationFailed`
    (`invalid_version`), `Conflict` (`version_conflict`; `not_publishable`, naming what blocks it).
    """
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.PUBLISH)
        number, _ = next_number(model, version)
        report = examine(subject_of(actor=actor, model=model, version=number))
        require_publishable(model, report)
        _activate(model)
        model.last_saved_at = timezone.now()
        publish_entity(
            FunctionModelVersion,
            actor=actor,
            entity=model,
            version=str(number),
            notes=notes,
            warnings=[warning.as_dict() for warning in report.warnings],
            also=[*CANVAS_FIELDS, "last_saved_at"],
            act={"findings": _counts(report)},
        )
        keep_plan(actor=actor, model=model)
    return Publication(model, report.warnings)


def open_model_version(
    *,
    actor: Actor,
    pk: UUID,
    bump: Bump,
    notes: str = "",
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> FunctionModel:
    """Open the next draft of a published model. Raises as `versions.open_version`."""
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.EDIT)
        open_version(actor=actor, entity=model, bump=bump, notes=notes)
    return model


def rollback_model(
    *,
    actor: Actor,
    pk: UUID,
    version: str,
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> FunctionModel:
    """Bring a version's content back into the open draft, whose number stays.

    A draft that says the same already is left as it is. Raises `NotFound` (no such version),
    `InvalidTransition` (no draft open), `Conflict` (`duplicate`: the version's name is taken).
    """
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.EDIT)
        snapshot = get_snapshot(
            FunctionModelVersion, entity=model, version=version, pointer="/version"
        )
        require_draft(model)
        changes = entities.changes_of(model, snapshot.content)
        if not changes:
            return model
        before = model.canvas
        for name, change in changes.items():
            setattr(model, name, change["new"])
        if not changes.keys().isdisjoint(CANVAS_FIELDS):
            model.last_saved_at = timezone.now()
        data = {"restored_version": snapshot.version, "version": model.version}
        told = {"action": "rollback", **data}
        with annotate(event_type="FunctionModelRolledBack", event_data=told), unique_name(model):
            store_drawing(actor=actor, model=model, before=before, also={*changes, "last_saved_at"})
        record_event(actor=actor, entity=model, event_type="FunctionModelRolledBack", data=data)
    return model


def require_publishable(model: FunctionModel, report: Report) -> None:
    """Raise `Conflict` `not_publishable`, naming what blocks it."""
    if report.publishable:
        return
    places = {node["id"]: index for index, node in enumerate(model.nodes_data)}
    raise Conflict(
        "The drawing cannot be published as it is.",
        code="not_publishable",
        errors=[
            FieldError(_pointer(finding, places), finding.code, finding.message)
            for finding in report.blocking
        ],
        extra={"findings": [finding.as_dict() for finding in report.blocking]},
    )


def _pointer(finding: Finding, places: dict[str, int]) -> str:
    """Return where in the canvas a finding is; the whole of it where no node is named."""
    if finding.node_id not in places:
        return ""
    inside = f"/data/{finding.field}" if finding.field else ""
    return f"/nodes/{places[finding.node_id]}{inside}"


def _activate(model: FunctionModel) -> None:
    before = model.canvas
    statuses = {node.id: node.data.status for node in before.nodes}
    waiting = [
        node.id
        for node in before.nodes
        if node.data.status in _BECOMES_ACTIVE[isinstance(node, Container)]
    ]
    if not waiting:
        return
    statuses |= dict.fromkeys(waiting, str(ContainerStatus.ACTIVE))
    model.draw(parse_canvas(before.as_document(), model_id=str(model.pk), statuses=statuses))


def _counts(report: Report) -> dict[str, Any]:
    return {
        "errors": sum(len(found.errors) for found in report.found.values()),
        "warnings": len(report.warnings),
    }
