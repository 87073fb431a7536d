"""What tests look at after a request: refusals, events, and whether anything changed at all."""

from typing import Any
from uuid import UUID

from accounts.tenancy import scope, system_scope
from function_models.models import FunctionModel, FunctionModelVersion
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from tests.factories import Person
from tests.function_models.drawings import container, drawing

MODELS = "/api/v1/function-models/"
UNKNOWN = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"


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


def faults(response: Any) -> set[tuple[str, str]]:
    """Return (pointer, code) of each violation that a refusal names."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return {(error["pointer"], error["code"]) for error in response.json()["errors"]}


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is this refusal and return its document."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


def answered(response: Any, status: int = 200) -> Any:
    """Assert that the answer has this status and return its body."""
    assert response.status_code == status, response.content
    return response.json() if response.content else None


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


def events(person: Person, model: FunctionModel | UUID | str) -> list[tuple[str, dict[str, Any]]]:
    """Return (type, data) of a model's events in order; asserts that they count without a gap."""
    pk = model.pk if isinstance(model, FunctionModel) else model
    with scope(person.actor):
        rows = list(NodeEvent.objects.filter(entity_id=pk).order_by("sequence"))
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    return [(row.event_type, row.data) for row in rows]


def event_types(person: Person, model: FunctionModel | UUID | str) -> list[str]:
    """Return the types of a model's events in order."""
    return [name for name, _ in events(person, model)]


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
