"""Fields that hold parts of a definition: read by the definition's own rules."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from config.exceptions import FieldError, ValidationFailed
from node_links.api.fields import WordsField
from spindles.api.serializers import shapes
from spindles.definitions import limits
from spindles.definitions.inputs import parse_inputs, parse_outputs
from spindles.definitions.listing import parse_steps
from spindles.definitions.rewriting import parse_triggers, read_canvas


class DefinitionField(serializers.Field[Any, Any, Any, Any]):
    """A member of a spindle that is read by `read`, which raises `ValidationFailed`."""

    read: Callable[[Any], Any]

    def to_internal_value(self, data: Any) -> Any:
        """Return what was read. Raises the framework's error, to be told beside the others."""
        try:
            return type(self).read(data)
        except ValidationFailed as refusal:
            raise serializers.ValidationError(_nested(refusal.errors)) from refusal

    def to_representation(self, value: Any) -> Any:
        """Return the JSON as it is stored."""
        return value


@extend_schema_field(shapes.StepDefinitionSerializer(many=True))
class StepsField(DefinitionField):
    """A list of steps."""

    read = staticmethod(parse_steps)


@extend_schema_field(shapes.SpindleCanvasSerializer)
class CanvasField(DefinitionField):
    """A React Flow document."""

    read = staticmethod(read_canvas)


def _read_inputs(value: Any) -> list[dict[str, Any]]:
    return [one.model_dump() for one in parse_inputs(value)]


def _read_outputs(value: Any) -> list[dict[str, Any]]:
    return [one.model_dump() for one in parse_outputs(value) or ()]


@extend_schema_field(shapes.InputDefinitionSerializer(many=True))
class InputsField(DefinitionField):
    """Declared inputs."""

    read = staticmethod(_read_inputs)


@extend_schema_field(shapes.OutputDefinitionSerializer(many=True))
class OutputsField(DefinitionField):
    """Declared outputs; null declares none."""

    read = staticmethod(_read_outputs)


@extend_schema_field(shapes.TriggerDefinitionSerializer(many=True))
class TriggersField(DefinitionField):
    """What starts runs."""

    read = staticmethod(parse_triggers)


class OptionalText(serializers.CharField):
    """A text that may be absent; an empty one is none."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a text field takes."""
        super().__init__(required=False, allow_null=True, allow_blank=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text, or None."""
        return super().run_validation(data) or None


class TagsField(WordsField):
    """Tags, each once."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a list field takes."""
        super().__init__(longest=limits.MAX_TAG, most=limits.MAX_TAGS, **kwargs)


def _nested(faults: list[FieldError]) -> dict[str, Any]:
    """Return the faults as the framework nests them, below the field that they are about."""
    nested: dict[str, Any] = {}
    for fault in faults:
        # The first part names the field itself.
        _, _, *parts = fault.pointer.split("/")
        place = nested
        for part in parts:
            place = place.setdefault(_plain(part), {})
        detail = serializers.ErrorDetail(fault.message, fault.code)
        place.setdefault(api_settings.NON_FIELD_ERRORS_KEY, []).append(detail)
    return nested


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
