"""What the door `nodes/` may do with SOPs: the same as their own addresses, by their services."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from accounts.actors import Actor
from config.exceptions import FieldError, ValidationFailed
from knowledge_base.choices import Complexity, ContentType
from knowledge_base.models import MAX_CONTENT_BYTES, Sop
from knowledge_base.services.sops import create_sop, delete_sop, update_sop
from knowledge_base.sources.record import (
    MAX_ALIAS_LENGTH,
    MAX_AUDIENCE_LENGTH,
    MAX_AUTHOR_LENGTH,
    MAX_CATEGORY_LENGTH,
)
from node_links.models import NodeEntity
from node_links.operations import NodeOperations, Values

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Keyword = Annotated[Word, StringConstraints(to_lower=True)]
Alias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ALIAS_LENGTH)
]


class SopData(BaseModel):
    """The fields of an SOP beside its title and its place; what is not sent stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, use_enum_values=True)

    content: Annotated[str, StringConstraints(min_length=1)] = ""
    summary: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None
    category: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_CATEGORY_LENGTH)]
        | None
    ) = None
    author: Annotated[str, StringConstraints(max_length=MAX_AUTHOR_LENGTH)] | None = None
    tags: list[Word] = Field(default_factory=list, max_length=50)
    search_keywords: list[Keyword] = Field(default_factory=list, max_length=50)
    aliases: list[Alias] = Field(default_factory=list, max_length=50)
    content_type: ContentType = Field(default=ContentType.PROCEDURE, strict=False)
    complexity: Complexity | None = Field(default=None, strict=False)
    audience: Annotated[str, StringConstraints(max_length=MAX_AUDIENCE_LENGTH)] | None = None
    prerequisites: list[Annotated[UUID, Field(strict=False)]] = Field(default_factory=list)
    searchable: bool = True
    metadata: dict[str, Any] = Field(default_factory=dict)


_LISTS = ("tags", "search_keywords", "aliases", "prerequisites")
_NULLABLE = ("summary", "category", "author", "complexity", "audience")
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "max_length",
    "too_long": "max_length",
    "string_too_short": "blank",
    "enum": "invalid_choice",
}


class SopOperations(NodeOperations):
    """SOPs have no nodes inside; their title is the node's name."""

    def create_entity(self, *, actor: Actor, values: Values) -> NodeEntity:
        """Create a draft; `name` and `data.content` are required."""
        missing = [
            pointer
            for pointer, there in (
                ("/name", "name" in values),
                ("/data/content", "content" in (values.get("data") or {})),
            )
            if not there
        ]
        if missing:
            raise ValidationFailed(
                errors=[FieldError(at, "required", "This field is required.") for at in missing]
            )
        return create_sop(actor=actor, **_fields(values))

    def update_entity(self, *, actor: Actor, entity: NodeEntity, values: Values) -> None:
        """Change an SOP; changing a published text opens its next draft."""
        locked = entity if isinstance(entity, Sop) else None
        update_sop(actor=actor, pk=entity.pk, values=_fields(values), locked=locked)

    def delete_entity(self, *, actor: Actor, entity: NodeEntity) -> None:
        """Delete an SOP softly. Raises `SopInUse` where others rely on it."""
        delete_sop(actor=actor, pk=entity.pk)


def _fields(values: Values) -> dict[str, Any]:
    fields = _checked(values.get("data") or {})
    if "name" in values:
        fields["title"] = values["name"]
    if "position" in values:
        fields["node_position"] = values["position"]
    return fields


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent. Raises `ValidationFailed` naming every fault."""
    try:
        known = SopData.model_validate(data)
    except ValidationError as error:
        raise ValidationFailed(
            errors=[
                FieldError(
                    _pointer(fault["loc"]), _CODES.get(fault["type"], "invalid"), fault["msg"]
                )
                for fault in error.errors(include_url=False, include_input=False)
            ]
        ) from None
    fields = known.model_dump(include=known.model_fields_set)
    for name in _LISTS:
        if name in fields:
            fields[name] = list(dict.fromkeys(fields[name]))
    for name in _NULLABLE:
        if fields.get(name) == "":
            fields[name] = None
    content = fields.get("content")
    if content is not None and not content.strip():
        raise ValidationFailed.of("/data/content", "blank", "This field may not be blank.")
    if content is not None and len(content.encode()) > MAX_CONTENT_BYTES:
        raise ValidationFailed.of(
            "/data/content", "max_length", f"At most {MAX_CONTENT_BYTES} bytes."
        )
    return fields


def _pointer(place: tuple[int | str, ...]) -> str:
    return "/".join(["/data", *(str(key).replace("~", "~0").replace("/", "~1") for key in place)])
