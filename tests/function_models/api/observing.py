"""What tests look at after a request: refusals, events, and whether anything changed at all."""

from typing import Any
from uuid import UUID

from accounts.tenancy import scope, system_scope
from function_models.models import FunctionModel, FunctionModelVersion
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from tests.factories import Person
from tests.function_models.drawings import container, drawing

MODELS = "/api/v1/function-models/"


def address(model: FunctionModel | UUID | str, rest: str = "") -> str:
    """Return the address of a model, or of something below it."""
    return f"{MODELS}{model.pk if isinstance(model, FunctionModel) else model}/{rest}"


def publishable(*more: dict[str, Any]) -> dict[str, Any]:
    """Return a drawing that nothing keeps from being published."""
    ends = (
        container("in", "ioNode", boundary_type="input"),
        container("work"),
        container("out", "ioNode", boundary_type="output"),
    )
    return drawing(*ends, *more, arrows=("in>work", "work>out"))


def everything() -> list[Any]:
    """Return the state of all that a write of a model may touch, in all organisations."""
    with system_scope():
        return [
            sorted(FunctionModel.all_objects.values_list("pk", "revision", "status", "updated_at")),
            FunctionModelVersion.objects.count(),
            NodeEvent.objects.count(),
            NodeMetadata.objects.count(),
            NodeLink.objects.count(),
            AuditLog.objects.exclude(operation="ACCESS").count(),
        ]


def reread(person: Person, model: FunctionModel | UUID | str) -> FunctionModel:
    """Return the model as it is stored now, deleted or not."""
    pk = model.pk if isinstance(model, FunctionModel) else model
    with scope(person.actor):
        return FunctionModel.all_objects.get(pk=pk)


def links(person: Person, model: FunctionModel) -> set[tuple[str | None, str, str, str]]:
    """Return (node, type, target feature, target id) of the derived links of a model's nodes."""
    with scope(person.actor):
        rows = NodeLink.objects.leaving("function-model", model.pk).filter(origin="derived")
        return {
            (r.source_node_id, r.link_type, r.target_feature, str(r.target_entity_id)) for r in rows
        }
