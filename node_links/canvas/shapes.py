"""The shapes of React Flow 11 and 12: a node, an edge, the viewport."""

from typing import Annotated, Any

from pydantic import AliasChoices, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from node_links.canvas.fields import (
    Coordinate,
    Drawn,
    Identifier,
    Number,
    may_be_left_out,
)

TRANSIENT = frozenset({"selected", "dragging", "measured", "positionAbsolute", "width", "height"})
"""Keys of a node that the editor keeps for itself: they are stored, but are no change."""


class CanvasPosition(Drawn):
    """Where a node stands; inside a parent, seen from the parent's corner."""

    x: Coordinate
    y: Coordinate


class CanvasPart(Drawn):
    """What has an id: the reader gives one to what comes without. What is absent is not told."""

    model_config = ConfigDict(
        serialize_by_alias=True, json_schema_serialization_defaults_required=False
    )

    id: Identifier

    def __eq__(self, other: object) -> bool:
        """Say whether both are the same; what did not change is often the very same object."""
        return self is other or super().__eq__(other)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say that an id may be left out of what is sent, or be null."""
        described = may_be_left_out(handler(schema), handler, "id")
        if handler.mode == "validation":
            members = handler.resolve_ref_schema(described)["properties"]
            members["id"] = {"anyOf": [members["id"], {"type": "null"}]}
        return described


class CanvasNode(CanvasPart):
    """A node. Features narrow `type` and `data`.

    React Flow 11 called the parent `parentNode`; it is read under both names.
    """

    type: str
    position: CanvasPosition
    parent_id: Identifier | None = Field(
        default=None,
        validation_alias=AliasChoices("parentId", "parentNode"),
        serialization_alias="parentId",
    )
    data: Any

    def as_document(self) -> dict[str, Any]:
        """Return the node as clients see it: `data` with defaults, the rest as it was sent."""
        written = self.model_dump(exclude={"data"}, exclude_unset=True)
        if self.parent_id is None:
            written.pop("parentId", None)
        written["data"] = self.data.model_dump()
        return written


class CanvasEdge(CanvasPart):
    """An arrow between two nodes; handles, label and looks are kept and not interpreted."""

    source: Identifier
    target: Identifier
    source_handle: str | None = Field(default=None, alias="sourceHandle")
    target_handle: str | None = Field(default=None, alias="targetHandle")

    @property
    def ends(self) -> tuple[str, str, str | None, str | None]:
        """Both ends with their handles: two edges that agree in them are the same arrow."""
        return (self.source, self.target, self.source_handle, self.target_handle)

    def as_document(self) -> dict[str, Any]:
        """Return the edge as it was sent."""
        return self.model_dump(exclude_unset=True)


class Viewport(Drawn):
    """Which part of the plane the editor shows."""

    x: Annotated[float, Number()] = 0
    y: Annotated[float, Number()] = 0
    zoom: Annotated[float, Number(above=0)] = 1
