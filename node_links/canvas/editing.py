"""Editing one node or one edge of a drawing, whatever feature it belongs to.

`save` is the feature's own way to save what an edit makes of a whole document; it is given the edit
and returns what it saved.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from config.exceptions import FieldError, NotFound, ValidationFailed
from config.ids import uuid7

Part = dict[str, Any]
Edit = Callable[[Part], Part]
T = TypeVar("T")


def add_member(save: Callable[[Edit], T], part: str, member: Any) -> tuple[T, str]:
    """Add a node or an edge to the list `part`; return what was saved, and the member's id.

    Raises `ValidationFailed` with pointers into the member as the client sent it.
    """
    given = required_object(member)
    given = {**given, "id": given.get("id") or str(uuid7())}
    saved = _edit_members(save, part, lambda members: ([*members, given], len(members)))
    return saved, str(given["id"]).strip()


def change_member(save: Callable[[Edit], T], part: str, known: str, edit: Edit) -> T:
    """Put what `edit` makes of a node or an edge in its place. Raises as `add_member`, and
    `NotFound`."""

    def edit_members(members: list[Part]) -> tuple[list[Part], int]:
        position = find_member(members, known)
        changed = edit(members[position])
        return [*members[:position], changed, *members[position + 1 :]], position

    return _edit_members(save, part, edit_members)


def change_edge(save: Callable[[Edit], T], known: str, changes: Any) -> T:
    """Replace the given keys of an edge. Raises as `change_member`."""
    return change_member(
        save, "edges", known, lambda edge: {**edge, **required_object(changes), "id": edge["id"]}
    )


def remove_edge(save: Callable[[Edit], T], known: str) -> T:
    """Take an edge out. Raises `NotFound`."""

    def edit(document: Part) -> Part:
        find_member(document["edges"], known)
        kept = [edge for edge in document["edges"] if edge["id"] != known]
        return {**document, "edges": kept}

    return save(edit)


def laid_over(node: Part, changes: Any) -> tuple[Part, Part]:
    """Return a node with `changes` laid over it, but for its data; and those of its data.

    Raises `ValidationFailed` where one of them is no object.
    """
    given = required_object(changes)
    data = given.get("data", {})
    if not isinstance(data, dict):
        raise ValidationFailed.of("/data", "invalid", "An object is needed.")
    if "parentNode" in given:
        given = {**given, "parentId": given["parentNode"]}
    rest = {k: v for k, v in given.items() if k not in ("id", "data", "parentNode")}
    return {**node, **rest}, data


def merged(data: Part, given: Part) -> Part:
    """Return `data` with `given` laid over it; a null removes."""
    return {key: value for key, value in {**data, **given}.items() if given.get(key, 0) is not None}


def find_member(members: list[Part], known: str) -> int:
    """Return where the node or edge with this id stands. Raises `NotFound`."""
    for position, member in enumerate(members):
        if member["id"] == known:
            return position
    raise NotFound


def required_object(value: Any) -> Part:
    """Return the value. Raises `ValidationFailed` where it is no object."""
    if not isinstance(value, dict):
        raise ValidationFailed.of("", "invalid", "An object is needed.")
    return value


def _edit_members(
    save: Callable[[Edit], T],
    part: str,
    edit: Callable[[list[Part]], tuple[list[Part], int]],
) -> T:
    """Save the members that `edit` returns; it also says where the one stands that it is about.

    Violations of that one are told by pointers into it, as the client sent it.
    """
    position = 0

    def edit_document(document: Part) -> Part:
        nonlocal position
        members, position = edit(document[part])
        return {**document, part: members}

    try:
        return save(edit_document)
    except ValidationFailed as refusal:
        prefix = f"/{part}/{position}/"
        errors = [
            FieldError(_inside(fault.pointer, prefix), fault.code, fault.message)
            for fault in refusal.errors
        ]
        raise ValidationFailed(refusal.detail, errors=errors) from None


def _inside(pointer: str, prefix: str) -> str:
    return f"/{pointer.removeprefix(prefix)}" if pointer.startswith(prefix) else pointer
