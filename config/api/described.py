"""Shapes that pydantic reads, in the description of the API: told by the types that read them."""

from typing import Any, ClassVar

from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from config.api.serializers import Serializer


class DescribedSerializer(Serializer):
    """A shape for the description alone; `shape` is the model that reads and writes it."""

    shape: ClassVar[type[BaseModel]]


def serializer_of(shape: type[BaseModel]) -> type[DescribedSerializer]:
    """Return a serializer that stands for `shape` where the API is described."""
    members = {"shape": shape, "__doc__": shape.__doc__}
    return type(f"{shape.__name__}Serializer", (DescribedSerializer,), members)


class _Untitled(GenerateJsonSchema):
    """JSON Schema without a title for every field: it says the field's name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class DescribedExtension(OpenApiSerializerExtension):
    """Describes a `DescribedSerializer`; every model inside becomes a component of its own name."""

    target_class = DescribedSerializer
    match_subclasses = True

    def get_identity(self, auto_schema: AutoSchema, direction: str) -> ComponentIdentity:
        """Return what a component of the same name has to be to be the same."""
        return _identity(self.target.shape.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Return the JSON Schema of what is taken (`request`) or answered (`response`).

        A member with a default may be left out of a request, and is always in an answer.
        """
        suffix = "Request" if direction == "request" else ""
        mode: JsonSchemaMode = "validation" if direction == "request" else "serialization"
        schema: dict[str, Any] = self.target.shape.model_json_schema(
            mode=mode,
            ref_template=f"#/components/schemas/{{model}}{suffix}",
            schema_generator=_Untitled,
        )
        for name, part in schema.pop("$defs", {}).items():
            _register(auto_schema, name, suffix, part)
        return schema


def _identity(name: str) -> ComponentIdentity:
    return ComponentIdentity(f"pydantic {name}")


def _register(auto_schema: AutoSchema, name: str, suffix: str, schema: dict[str, Any]) -> None:
    component = ResolvedComponent(
        f"{name}{suffix}",
        ResolvedComponent.SCHEMA,
        schema,
        object=_identity(name),
    )
    if component not in auto_schema.registry:
        auto_schema.registry.register(component)
    elif auto_schema.registry[component].schema != schema:
        warn(f"Two shapes are called {name}.")
