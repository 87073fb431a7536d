"""What types and statuses of nodes look like; colours stand in the style sheet."""

from collections.abc import Mapping

from function_models.canvas.nodes import Action, Container, IoData, StageData

SYMBOLS: Mapping[str, str] = {
    "input": "fmp-input",
    "output": "fmp-output",
    "input-output": "fmp-input-output",
    "process": "fmp-process",
    "milestone": "fmp-milestone",
    "gateway": "fmp-gateway",
    "checkpoint": "fmp-checkpoint",
    "tetherNode": "nlp-spindle",
    "kbNode": "nlp-knowledge-base",
    "functionModelContainer": "nlp-function-model",
}
"""The shape of each kind of node, by its id in the templates."""
LABELS: Mapping[str, str] = {
    "input": "Input",
    "output": "Output",
    "input-output": "Input and output",
    "process": "Process stage",
    "milestone": "Milestone",
    "gateway": "Gateway",
    "checkpoint": "Checkpoint",
    "tetherNode": "Runs a spindle",
    "kbNode": "Uses an SOP",
    "functionModelContainer": "Runs a model",
}
"""What each kind is called, in the order in which a legend tells them."""
STATUSES = ("draft", "configured", "active", "inactive", "error", "archived")


def kind_of(node: Container | Action) -> str:
    """Return the boundary of an IO node, the type of a stage, and the type of an action."""
    match node.data:
        case IoData(boundary_type=boundary):
            return boundary
        case StageData(stage_type=stage):
            return stage
    return node.type
