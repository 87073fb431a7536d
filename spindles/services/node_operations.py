"""What the door `nodes/` may do with spindles and what is drawn in them, by their own services."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from accounts.actors import Actor
from config.exceptions import FieldError, ValidationFailed
from node_links.canvas.faults import faults_of
from node_links.canvas.fields import without_repetition
from node_links.exceptions import NotOffered
from node_links.models import NodeEntity
from node_links.operations import NodeOperations, Values
from spindles.definitions import limits
from spindles.models import Spindle
from spindles.services.life_cycle import delete_spindle
from spindles.services.parts import add_node, remove_node, update_node
from spindles.services.spindles import create_spindle, update_spindle

Tag = Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_TAG)]
Tags = Annotated[list[Tag], Field(max_length=limits.MAX_TAGS), AfterValidator(without_repetition)]


class SpindleData(BaseModel):
    """The fields of a spindle beside its name; what is not sent stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    slug: str = ""
    description: str | None = Field(default=None, max_length=limits.MAX_DESCRIPTION)
    spindle_type: str | None = Field(default=None, max_length=50)
    complexity_level: str | None = Field(default=None, max_length=20)
    tags: Tags = []
    metadata: dict[str, Any] = {}
    inputs: list[Any] = []
    outputs: list[Any] | None = None
    triggers: list[Any] = []
    steps: list[Any] = []
    max_concurrency: int | None = Field(default=None, ge=1, le=limits.MAX_CONCURRENCY)
    timeout: float | None = Field(default=None, ge=1, le=limits.MAX_RUN_SECONDS)


class _Given(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=limits.MAX_NAME)] = ""
    data: SpindleData = SpindleData()


class SpindleOperations(NodeOperations):
    """Spindles, and the steps and triggers inside them. A node may name its parent as
    `data.parent_id`."""

    def create_entity(self, *, actor: Actor, values: Values) -> NodeEntity:
        """Create a draft; `name` is required."""
        if "name" not in values:
            raise ValidationFailed.of("/name", "required", "This field is required.")
        with _seen_from_the_door("/data"):
            return create_spindle(actor=actor, **_fields(values))

    def update_entity(self, *, actor: Actor, entity: NodeEntity, values: Values) -> None:
        """Change fields of a spindle, as far as its status leaves them open."""
        fields, locked = _fields(values), _spindle(entity)
        with _seen_from_the_door("/data"):
            update_spindle(actor=actor, pk=entity.pk, values=fields, locked=locked)

    def delete_entity(self, *, actor: Actor, entity: NodeEntity) -> None:
        """Delete a spindle softly."""
        delete_spindle(actor=actor, pk=entity.pk, locked=_spindle(entity))

    def create_node(
        self,
        *,
        actor: Actor,
        entity: NodeEntity,
        node_id: str | None,
        node_type: str,
        values: Values,
    ) -> str:
        """Draw a step or a trigger in the open draft."""
        node = {"position": {"x": 0, "y": 0}, **_node(values), "type": node_type}
        if node_id is not None:
            node["id"] = node_id
        with _seen_from_the_door():
            _, known = add_node(actor=actor, pk=entity.pk, node=node, locked=_spindle(entity))
        return known

    def update_node(
        self, *, actor: Actor, entity: NodeEntity, node_id: str, values: Values
    ) -> None:
        """Change a step or a trigger of the open draft."""
        with _seen_from_the_door():
            update_node(
                actor=actor,
                pk=entity.pk,
                node_id=node_id,
                changes=_node(values),
                locked=_spindle(entity),
            )

    def delete_node(self, *, actor: Actor, entity: NodeEntity, node_id: str) -> None:
        """Take a node out of the open draft, with its edges."""
        remove_node(actor=actor, pk=entity.pk, node_id=node_id, locked=_spindle(entity))


def _spindle(entity: NodeEntity) -> Spindle | None:
    return entity if isinstance(entity, Spindle) else None


def _fields(values: Values) -> dict[str, Any]:
    """Return the fields that were sent. Raises `ValidationFailed` naming every fault."""
    if "position" in values:
        raise NotOffered("A spindle stands nowhere; the nodes inside it do.")
    sent = {name: values[name] for name in ("name", "data") if name in values}
    try:
        given = _Given.model_validate(sent)
    except ValidationError as error:
        raise ValidationFailed(errors=list(faults_of(error))) from None
    fields = given.data.model_dump(include=given.data.model_fields_set)
    for name in ("description", "spindle_type", "complexity_level"):
        if name in fields:
            fields[name] = fields[name] or None
    return fields | ({"name": given.name} if "name" in sent else {})


def _node(values: Values) -> dict[str, Any]:
    """Return what was sent as a node of a React Flow document."""
    data = {**(values.get("data") or {})}
    node: dict[str, Any] = {}
    if "parent_id" in data:
        node["parentId"] = data.pop("parent_id")
    if "position" in values:
        node["position"] = values["position"]
    if "name" in values:
        data["name"] = values["name"]
    return {**node, "data": data}


_PLACES = {
    "/data/name": "/name",
    "/parentId": "/data/parent_id",
    "/type": "/node_type",
    "/id": "/node_id",
}


@contextmanager
def _seen_from_the_door(prefix: str = "") -> Iterator[None]:
    """Tell violations by pointers into what the door takes."""
    try:
        yield
    except ValidationFailed as refusal:
        errors = []
        for fault in refusal.errors:
            at = f"{prefix}{fault.pointer}" if prefix else _PLACES.get(fault.pointer, fault.pointer)
            errors.append(FieldError(at, fault.code, fault.message))
        raise ValidationFailed(refusal.detail, errors=errors) from None
