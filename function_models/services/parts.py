"""Editing one node or one edge of a drawing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Conflict, FieldError, NotFound, ValidationFailed
from config.ids import uuid7
from function_models.canvas.document import KINDS
from function_models.models import FunctionModel
from function_models.services.drawing import edit_canvas

Part = dict[str, Any]


def add_node(*, actor: Actor, pk: UUID, node: Any, **options: Any) -> tuple[FunctionModel, str]:
    """Draw a node; return the model and the node's id. Options and refusals as `edit_canvas`."""
    return _add(actor, pk, "nodes", node, options)


def add_edge(*, actor: Actor, pk: UUID, edge: Any, **options: Any) -> tuple[FunctionModel, str]:
    """Draw an edge; return the model and the edge's id. Options and refusals as `edit_canvas`."""
    return _add(actor, pk, "edges", edge, options)


def update_node(
    *, actor: Actor, pk: UUID, node_id: str, changes: Any, **options: Any
) -> FunctionModel:
    """Merge `changes` into a node: given keys of `data` replace, null removes an optional one.

    A `status` among them moves the node's design along. Options and refusals as `edit_canvas`.
    """

    def edit(node: Part) -> Part:
        given = _object(changes)
        data = given.get("data", {})
        if not isinstance(data, dict):
            raise ValidationFailed.of("/data", "invalid", "An object is needed.")
        if "parentNode" in given:
            given = {**given, "parentId": given["parentNode"]}
        rest = {k: v for k, v in given.items() if k not in ("id", "data", "parentNode")}
        return {**node, **rest, "data": _merged(node, data)}

    data = changes.get("data") if isinstance(changes, dict) else None
    if isinstance(data, dict) and "status" in data:
        options["moved"] = {node_id: data["status"]}
    return _edit_one(actor, pk, "nodes", node_id, edit, options)


def update_edge(
    *, actor: Actor, pk: UUID, edge_id: str, changes: Any, **options: Any
) -> FunctionModel:
    """Replace the given keys of an edge. Options and refusals as `edit_canvas`."""
    return _edit_one(
        actor,
        pk,
        "edges",
        edge_id,
        lambda part: {**part, **_object(changes), "id": part["id"]},
        options,
    )


def remove_node(*, actor: Actor, pk: UUID, node_id: str, **options: Any) -> FunctionModel:
    """Take a node out; a container's incoming edges and its actions go with it.

    Raises `Conflict` (`node_has_dependents`) where others depend on the container. Options and
    other refusals as `edit_canvas`.
    """

    def edit(document: Part) -> Part:
        _find(document["nodes"], node_id)
        dependents = [e["target"] for e in document["edges"] if e["source"] == node_id]
        if dependents:
            raise Conflict(
                f"Others depend on it: {', '.join(dependents)}.",
                code="node_has_dependents",
                extra={"dependents": dependents},
            )
        return {
            **document,
            "nodes": [
                node
                for node in document["nodes"]
                if node["id"] != node_id and node.get("parentId") != node_id
            ],
            "edges": [edge for edge in document["edges"] if edge["target"] != node_id],
        }

    return edit_canvas(actor=actor, pk=pk, edit=edit, **options)


def remove_edge(*, actor: Actor, pk: UUID, edge_id: str, **options: Any) -> FunctionModel:
    """Take an edge out. Options and refusals as `edit_canvas`."""

    def edit(document: Part) -> Part:
        _find(document["edges"], edge_id)
        kept = [edge for edge in document["edges"] if edge["id"] != edge_id]
        return {**document, "edges": kept}

    return edit_canvas(actor=actor, pk=pk, edit=edit, **options)


def _add(
    actor: Actor, pk: UUID, part: str, member: Any, options: Part
) -> tuple[FunctionModel, str]:
    given = _object(member)
    given = {**given, "id": given.get("id") or str(uuid7())}
    model = _edit_members(
        actor, pk, part, lambda members: ([*members, given], len(members)), options
    )
    return model, given["id"].strip()


def _edit_one(
    actor: Actor, pk: UUID, part: str, known: str, edit: Callable[[Part], Part], options: Part
) -> FunctionModel:
    def edit_members(members: list[Part]) -> tuple[list[Part], int]:
        position = _find(members, known)
        changed = edit(members[position])
        return [*members[:position], changed, *members[position + 1 :]], position

    return _edit_members(actor, pk, part, edit_members, options)


def _edit_members(
    actor: Actor,
    pk: UUID,
    part: str,
    edit: Callable[[list[Part]], tuple[list[Part], int]],
    options: Part,
) -> FunctionModel:
    """Save the members that `edit` returns; it also says where the one stands that it is about.

    Violations of that one are told by pointers into it, as the client sent it.
    """
    position = 0

    def edit_document(document: Part) -> Part:
        nonlocal position
        members, position = edit(document[part])
        return {**document, part: members}

    try:
        return edit_canvas(actor=actor, pk=pk, edit=edit_document, **options)
    except ValidationFailed as refusal:
        raise _seen_from(refusal, f"/{part}/{position}/") from None


def _seen_from(refusal: ValidationFailed, prefix: str) -> ValidationFailed:
    errors = [
        FieldError(_inside(fault.pointer, prefix), fault.code, fault.message)
        for fault in refusal.errors
    ]
    return ValidationFailed(refusal.detail, errors=errors)


def _inside(pointer: str, prefix: str) -> str:
    return f"/{pointer.removeprefix(prefix)}" if pointer.startswith(prefix) else pointer


def _find(members: list[Part], known: str) -> int:
    for position, member in enumerate(members):
        if member["id"] == known:
            return position
    raise NotFound


def _object(value: Any) -> Part:
    if not isinstance(value, dict):
        raise ValidationFailed.of("", "invalid", "An object is needed.")
    return value


def _merged(node: Part, given: Part) -> Part:
    """Return the `data` of `node` with `given` laid over it; a few objects merge as well.

    A null removes: what has a default gets it, what is required will be missed.
    """
    data = {**node["data"], **given}
    for name, value in given.items():
        if value is None:
            del data[name]
    for name in getattr(KINDS[node["type"]].model_fields["data"].annotation, "merged", ()):
        if isinstance(given.get(name), dict):
            data[name] = {**(node["data"].get(name) or {}), **given[name]}
    return data
