"""What the door `nodes/` may do with models and what is drawn in them, by their own services."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from accounts.actors import Actor
from config.exceptions import FieldError, ValidationFailed
from function_models import limits
from function_models.choices import ComplexityLevel
from function_models.models import FunctionModel
from function_models.services.deleting import delete_model
from function_models.services.models import create_model, update_model
from function_models.services.parts import add_node, remove_node, update_node
from node_links.canvas.faults import faults_of
from node_links.exceptions import NotOffered
from node_links.models import NodeEntity
from node_links.operations import NodeOperations, Values


def _plain_name(value: str) -> str:
    if not limits.NAME_PATTERN.match(value):
        raise PydanticCustomError("name_charset", limits.NAME_HELP)
    return value


Name = Annotated[
    str,
    Field(min_length=limits.NAME_LENGTH[0], max_length=limits.NAME_LENGTH[1]),
    AfterValidator(_plain_name),
]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_TAG)]
Tags = Annotated[list[Tag], Field(max_length=limits.MAX_TAGS), AfterValidator(limits.unique_tags)]


class ModelData(BaseModel):
    """The fields of a model beside its name; what is not sent stays as it is."""

    model_config = ConfigDict(
        extra="forbid", strict=True, use_enum_values=True, str_strip_whitespace=True
    )

    description: str | None = Field(default=None, max_length=limits.MAX_DESCRIPTION)
    process_type: str | None = Field(default=None, max_length=limits.MAX_PROCESS_TYPE)
    complexity_level: ComplexityLevel | None = Field(default=None, strict=False)
    estimated_duration: int | None = Field(default=None, ge=0, le=limits.MAX_SECONDS)
    tags: Tags = []
    metadata: dict[str, Any] = {}
    ai_agent_config: dict[str, Any] = {}


class _Given(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    name: Name = ""
    data: ModelData = ModelData()


class FunctionModelOperations(NodeOperations):
    """Models, and the containers and actions inside them.

    An action names its container as `data.parent_id`.
    """

    keeps_inside: ClassVar[frozenset[str]] = frozenset({"visual_properties"})

    def create_entity(self, *, actor: Actor, values: Values) -> NodeEntity:
        """Create a draft with nothing drawn in it; `name` is required."""
        if "name" not in values:
            raise ValidationFailed.of("/name", "required", "This field is required.")
        return create_model(actor=actor, **_fields(values))

    def update_entity(self, *, actor: Actor, entity: NodeEntity, values: Values) -> None:
        """Change fields of a model, as far as its status leaves them open."""
        fields, locked = _fields(values), _model(entity)
        update_model(actor=actor, pk=entity.pk, values=fields, locked=locked)

    def delete_entity(self, *, actor: Actor, entity: NodeEntity) -> None:
        """Delete a model softly, with the usual retention."""
        delete_model(actor=actor, pk=entity.pk, locked=_model(entity))

    def create_node(
        self,
        *,
        actor: Actor,
        entity: NodeEntity,
        node_id: str | None,
        node_type: str,
        values: Values,
    ) -> str:
        """Draw a container, or an action inside one, in the open draft."""
        node = {"position": {"x": 0, "y": 0}, **_node(values), "type": node_type}
        if node_id is not None:
            node["id"] = node_id
        with _seen_from_the_door():
            _, known = add_node(actor=actor, pk=entity.pk, node=node, locked=_model(entity))
        return known

    def update_node(
        self, *, actor: Actor, entity: NodeEntity, node_id: str, values: Values
    ) -> None:
        """Change a container or an action of the open draft."""
        with _seen_from_the_door():
            update_node(
                actor=actor,
                pk=entity.pk,
                node_id=node_id,
                changes=_node(values),
                locked=_model(entity),
            )

    def delete_node(self, *, actor: Actor, entity: NodeEntity, node_id: str) -> None:
        """Take a node out of the open draft, a container with what is inside it."""
        remove_node(actor=actor, pk=entity.pk, node_id=node_id, locked=_model(entity))


def _model(entity: NodeEntity) -> FunctionModel | None:
    return entity if isinstance(entity, FunctionModel) else None


def _fields(values: Values) -> dict[str, Any]:
    """Return the fields that were sent. Raises `ValidationFailed` naming every fault."""
    if "position" in values:
        raise NotOffered("A model stands nowhere; the nodes inside it do.")
    sent = {name: values[name] for name in ("name", "data") if name in values}
    try:
        given = _Given.model_validate(sent)
    except ValidationError as error:
        raise ValidationFailed(errors=list(faults_of(error))) from None
    fields = given.data.model_dump(include=given.data.model_fields_set)
    for name in ("description", "process_type"):
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
    for name in ("name", "visual_properties"):
        if name in values:
            data[name] = values[name]
    return {**node, "data": data}


_PLACES = {
    "/data/name": "/name",
    "/data/visual_properties": "/visual_properties",
    "/parentId": "/data/parent_id",
    "/type": "/node_type",
    "/id": "/node_id",
}


@contextmanager
def _seen_from_the_door() -> Iterator[None]:
    """Tell violations by pointers into what the door takes."""
    try:
        yield
    except ValidationFailed as refusal:
        errors = [
            FieldError(_PLACES.get(fault.pointer, fault.pointer), fault.code, fault.message)
            for fault in refusal.errors
        ]
        raise ValidationFailed(refusal.detail, errors=errors) from None
