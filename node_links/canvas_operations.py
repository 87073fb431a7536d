"""What the door `nodes/` may do with an entity that is drawn, and with the nodes in its drawing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError

from accounts.actors import Actor
from config.exceptions import FieldError, ValidationFailed
from node_links.canvas.faults import faults_of
from node_links.exceptions import NotOffered
from node_links.models import NodeEntity
from node_links.operations import NodeOperations, Values

_PLACES = {"/parentId": "/data/parent_id", "/type": "/node_type", "/id": "/node_id"}


class CanvasOperations(NodeOperations):
    """Entities with a drawing, by the services of their feature.

    `fields` validates what was sent for an entity (`name`, and the rest below `data`); `nullable`
    names the texts that are null when empty. `add`, `change` and `remove` are the services for one
    node; each takes the locked entity as `locked`. A node names its parent as `data.parent_id`;
    what stands in `inside_data` beside it is kept in the node's `data` in the drawing.
    """

    fields: ClassVar[type[BaseModel]]
    nullable: ClassVar[tuple[str, ...]] = ()
    inside_data: ClassVar[tuple[str, ...]] = ("name",)
    create: ClassVar[Callable[..., NodeEntity]]
    update: ClassVar[Callable[..., NodeEntity]]
    delete: ClassVar[Callable[..., object]]
    add: ClassVar[Callable[..., tuple[NodeEntity, str]]]
    change: ClassVar[Callable[..., object]]
    remove: ClassVar[Callable[..., object]]

    def create_entity(self, *, actor: Actor, values: Values) -> NodeEntity:
        """Create a draft with nothing drawn in it; `name` is required."""
        if "name" not in values:
            raise ValidationFailed.of("/name", "required", "This field is required.")
        given = self._given(values)
        with _told_at(_below_data):
            return type(self).create(actor=actor, **given)

    def update_entity(self, *, actor: Actor, entity: NodeEntity, values: Values) -> None:
        """Change fields of an entity, as far as its status leaves them open."""
        given = self._given(values)
        with _told_at(_below_data):
            type(self).update(actor=actor, pk=entity.pk, values=given, locked=entity)

    def delete_entity(self, *, actor: Actor, entity: NodeEntity) -> None:
        """Delete an entity softly, with the usual retention."""
        type(self).delete(actor=actor, pk=entity.pk, locked=entity)

    def create_node(
        self,
        *,
        actor: Actor,
        entity: NodeEntity,
        node_id: str | None,
        node_type: str,
        values: Values,
    ) -> str:
        """Draw a node in the open draft."""
        node = {"position": {"x": 0, "y": 0}, **self._drawn(values), "type": node_type}
        if node_id is not None:
            node["id"] = node_id
        with _told_at(self._beside_data):
            _, known = type(self).add(actor=actor, pk=entity.pk, node=node, locked=entity)
        return known

    def update_node(
        self, *, actor: Actor, entity: NodeEntity, node_id: str, values: Values
    ) -> None:
        """Change a node of the open draft."""
        told: dict[str, Any] = {"changes": self._drawn(values), "locked": entity}
        with _told_at(self._beside_data):
            type(self).change(actor=actor, pk=entity.pk, node_id=node_id, **told)

    def delete_node(self, *, actor: Actor, entity: NodeEntity, node_id: str) -> None:
        """Take a node out of the open draft, with what is inside it and its edges."""
        type(self).remove(actor=actor, pk=entity.pk, node_id=node_id, locked=entity)

    def _given(self, values: Values) -> dict[str, Any]:
        """Return the fields that were sent. Raises `ValidationFailed` naming every fault."""
        if "position" in values:
            raise NotOffered("Only the nodes inside a drawing stand somewhere.")
        sent = {name: values[name] for name in ("name", "data") if name in values}
        try:
            given: Any = self.fields.model_validate(sent)
        except ValidationError as error:
            raise ValidationFailed(errors=list(faults_of(error))) from None
        fields: dict[str, Any] = given.data.model_dump(include=given.data.model_fields_set)
        for name in self.nullable:
            if name in fields:
                fields[name] = fields[name] or None
        return fields | ({"name": given.name} if "name" in sent else {})

    def _drawn(self, values: Values) -> dict[str, Any]:
        """Return what was sent as a node of a React Flow document."""
        data = {**(values.get("data") or {})}
        node: dict[str, Any] = {}
        if "parent_id" in data:
            node["parentId"] = data.pop("parent_id")
        if "position" in values:
            node["position"] = values["position"]
        data |= {name: values[name] for name in self.inside_data if name in values}
        return {**node, "data": data}

    def _beside_data(self, pointer: str) -> str:
        """Return where the door takes what a node in a drawing has at `pointer`."""
        places = {f"/data/{name}": f"/{name}" for name in self.inside_data}
        return (places | _PLACES).get(pointer, pointer)


def _below_data(pointer: str) -> str:
    """Return where the door takes what an entity has at `pointer`."""
    return pointer if pointer == "/name" else f"/data{pointer}"


@contextmanager
def _told_at(place: Callable[[str], str]) -> Iterator[None]:
    """Tell violations by pointers into what the door takes."""
    try:
        yield
    except ValidationFailed as refusal:
        errors = [
            FieldError(place(fault.pointer), fault.code, fault.message) for fault in refusal.errors
        ]
        raise ValidationFailed(refusal.detail, errors=errors) from None
