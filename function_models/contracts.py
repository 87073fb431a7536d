"""What a model may be given: the contracts of its inputs, as JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from config.exceptions import FieldError, ValidationFailed
from function_models.canvas.document import Canvas
from function_models.canvas.nodes import IoNode
from node_links.events.custom_types import faults_of


def check_inputs(canvas: Canvas, inputs: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` where `inputs` break the contract of an input, naming all faults
    with pointers under `/inputs`."""
    faults = dict.fromkeys(_faults(canvas, dict(inputs)))
    if faults:
        raise ValidationFailed(errors=faults)


def _faults(canvas: Canvas, inputs: dict[str, Any]) -> Iterator[FieldError]:
    for node in canvas.containers:
        if isinstance(node, IoNode) and node.data.input_data_contract:
            try:
                yield from faults_of(node.data.input_data_contract, inputs, "/inputs")
            except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                message = f"The contract of {node.data.name} cannot be read: {error}"
                yield FieldError("/inputs", "invalid", message)
