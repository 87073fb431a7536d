"""What the door `nodes/` may do with spindles and what is drawn in them, by their own services."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from node_links.canvas.fields import without_repetition
from node_links.canvas_operations import CanvasOperations
from spindles.definitions import limits
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


class GivenSpindle(BaseModel):
    """A spindle as the door takes it."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=limits.MAX_NAME)] = ""
    data: SpindleData = SpindleData()


class SpindleOperations(CanvasOperations):
    """Spindles, and the steps and triggers inside them."""

    fields = GivenSpindle
    nullable = ("description", "spindle_type", "complexity_level")
    create = staticmethod(create_spindle)
    update = staticmethod(update_spindle)
    delete = staticmethod(delete_spindle)
    add = staticmethod(add_node)
    change = staticmethod(update_node)
    remove = staticmethod(remove_node)
