"""The shape of a file in our own format, version 1."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from config.exceptions import ValidationFailed
from function_models.canvas.document import parse_canvas
from function_models.choices import ComplexityLevel
from function_models.exchange.names import is_legal
from function_models.limits import (
    MAX_DESCRIPTION,
    MAX_PROCESS_TYPE,
    MAX_REASON,
    MAX_SECONDS,
    MAX_TAG,
    MAX_TAGS,
)
from node_links.choices import Bump, EntityStatus, FeatureType
from node_links.versions import Version

FORMAT = "nodeloom/function-model"
FORMAT_VERSION = 1
JsonObject = dict[str, Any]


class Shape(BaseModel):
    """Base of everything in a file: unknown members are refused, so that nothing is lost."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _name(value: str) -> str:
    if not is_legal(value):
        raise PydanticCustomError(
            "name_charset", "3 to 100 letters, digits, spaces, `-` and `_` are needed."
        )
    return value


def _number(value: str) -> str:
    try:
        return str(Version.parse(value))
    except ValidationFailed as error:
        raise PydanticCustomError("invalid_version", "A number x.y.z is needed.") from error


def _one_of(choices: list[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise PydanticCustomError("invalid_choice", f"One of {', '.join(choices)} is needed.")
        return value

    return AfterValidator(check)


def _tags(values: list[str]) -> list[str]:
    if len({value.lower() for value in values}) < len(values):
        raise PydanticCustomError("duplicate", "Each may stand here once.")
    return values


Number = Annotated[str, AfterValidator(_number)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG)]
Key = Annotated[str, Field(min_length=1, max_length=500)]
Level = Annotated[str, _one_of(ComplexityLevel.values)]
Feature = Annotated[str, _one_of(FeatureType.values)]
Status = Annotated[str, _one_of(EntityStatus.values)]


class Content(Shape):
    """What a version keeps of a model, and a file of its working copy."""

    name: Annotated[str, AfterValidator(_name)]
    description: str | None = Field(default=None, max_length=MAX_DESCRIPTION)
    process_type: str | None = Field(default=None, max_length=MAX_PROCESS_TYPE)
    complexity_level: Level | None = None
    estimated_duration: int | None = Field(default=None, ge=0, le=MAX_SECONDS)
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_tags)] = []
    metadata: JsonObject = {}
    ai_agent_config: JsonObject = {}
    context: JsonObject = {}


class Snapshot(Content):
    """The content of a version as it is stored."""

    nodes_data: list[Any] = []
    edges_data: list[Any] = []
    viewport_data: JsonObject = {}
    document_data: JsonObject = {}

    @property
    def document(self) -> JsonObject:
        """The drawing as React Flow reads it."""
        parts = {"nodes": self.nodes_data, "edges": self.edges_data}
        return {**self.document_data, **parts, "viewport": self.viewport_data}


class PublishedVersion(Shape):
    """A published version."""

    version: Number
    bump: Literal["initial", "major", "minor", "patch"]
    previous_version: Number | None = None
    notes: str = Field(default="", max_length=MAX_REASON)
    created_at: str = ""
    content: Snapshot


class End(Shape):
    """An entity outside of the model, or a node inside of one."""

    feature: Feature
    external_id: Key
    name: str = ""
    node_id: str | None = None


class Reference(Shape):
    """What an action's reference means."""

    value: Key
    target: End


class Link(Shape):
    """A link made by hand that touches the model."""

    leaves: bool
    node_id: str | None = None
    other: End
    link_type: str = Field(min_length=1, max_length=50)
    base_strength: str = Field(default="0.5", pattern=r"\A(?:0(?:\.\d{1,4})?|1(?:\.0{1,4})?)\z")
    link_context: JsonObject = {}
    visual_properties: JsonObject = {}
    version_pin: str = Field(default="latest", max_length=50)


class State(Shape):
    """How far the model is."""

    version: Number = "1.0.0"
    status: Status = "draft"
    published_version: Number | None = None
    archive_reason: str | None = Field(default=None, max_length=MAX_REASON)


class ModelFile(Shape):
    """A whole file."""

    format: Literal["nodeloom/function-model"]
    format_version: Literal[1]
    external_id: Key
    state: State = State()
    fields: Content
    canvas: JsonObject
    versions: list[PublishedVersion] = []
    references: list[Reference] = []
    links: list[Link] = []

    @model_validator(mode="after")
    def _numbers_agree(self) -> Self:
        """Let the state tell of versions that are there, in a row that publishing could make."""
        ordered = sorted(self.versions, key=lambda one: Version.parse(one.version))
        previous: str | None = None
        for one in ordered:
            expected = "initial" if previous is None else _step(previous, one.version)
            if one.previous_version != previous or one.bump != expected:
                raise _disagreement(f"{one.version} cannot follow {previous or 'nothing'}.")
            previous = one.version
        state = self.state
        if state.published_version != previous:
            raise _disagreement("`published_version` has to be the highest of `versions`.")
        if state.status == EntityStatus.PUBLISHED and state.version != previous:
            raise _disagreement("What is published carries the number of its last version.")
        if previous and state.version != previous and not _step(previous, state.version):
            raise _disagreement(f"A draft {state.version} cannot follow {previous}.")
        return self


def _step(one: str, other: str) -> Bump | None:
    return Version.parse(one).bump_to(Version.parse(other))


def _disagreement(message: str) -> PydanticCustomError:
    return PydanticCustomError("inconsistent_versions", "{message}", {"message": message})


def check_drawing(document: Any) -> None:
    """Raise `ValidationFailed` for a document that breaks the rules of drawings."""
    parse_canvas(document)
