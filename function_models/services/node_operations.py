"""What the door `nodes/` may do with models and what is drawn in them, by their own services."""

from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from function_models import limits
from function_models.choices import ComplexityLevel
from function_models.services.deleting import delete_model
from function_models.services.models import create_model, update_model
from function_models.services.parts import add_node, remove_node, update_node
from node_links.canvas_operations import CanvasOperations


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


class GivenModel(BaseModel):
    """A model as the door takes it."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: Name = ""
    data: ModelData = ModelData()


class FunctionModelOperations(CanvasOperations):
    """Models, and the containers and actions inside them."""

    keeps_inside: ClassVar[frozenset[str]] = frozenset({"visual_properties"})
    fields = GivenModel
    nullable = ("description", "process_type")
    inside_data = ("name", "visual_properties")
    create = staticmethod(create_model)
    update = staticmethod(update_model)
    delete = staticmethod(delete_model)
    add = staticmethod(add_node)
    change = staticmethod(update_node)
    remove = staticmethod(remove_node)
