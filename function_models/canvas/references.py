"""What the actions of a drawing refer to outside of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import Action, KbData, NestedData, TetherData
from node_links.choices import FeatureType


@dataclass(frozen=True, slots=True)
class Reference:
    """One action's reference. `field` and `version_field` are the keys of its `data` that hold the
    id and the version; `link_type` is the kind of the link that follows it.
    """

    node_id: str
    feature: str
    entity_id: str
    version: str
    field: str
    version_field: str
    link_type: str


def reference_of(action: Action) -> Reference:
    """Return what an action refers to: a spindle, an SOP or another model."""
    data = action.data
    match data:
        case TetherData():
            feature, known, pin = FeatureType.SPINDLE, data.tether_reference_id, data.tether_version
            fields, link_type = ("tether_reference_id", "tether_version"), "triggers"
        case KbData():
            feature, known, pin = FeatureType.KNOWLEDGE_BASE, data.kb_reference_id, data.kb_version
            fields, link_type = ("kb_reference_id", "kb_version"), "references"
        case NestedData():
            feature, known, pin = (
                FeatureType.FUNCTION_MODEL,
                data.nested_model_id,
                data.nested_version,
            )
            fields, link_type = ("nested_model_id", "nested_version"), "nested"
    return Reference(action.id, feature.value, known, pin, *fields, link_type)


def references_of(canvas: Canvas) -> Iterator[Reference]:
    """Yield the references of a drawing, in the order of its nodes."""
    return map(reference_of, canvas.actions)
