"""How far a run of a model came, on the model's drawing."""

from config.exceptions import NotFound
from function_models.models import FunctionModel
from function_models.pictures.drawing import Heading, draw_model
from function_models.services.pictures import DRAFT, canvas_of
from node_links.choices import FeatureType
from node_links.pictures.picture import Picture
from spindles.models import Execution
from spindles.pictures.paths import run_pictures
from spindles.pictures.states import States


def draw_run(*, execution: Execution, states: States, summary: str, headed: bool) -> Picture | None:
    """Return the drawing of the version that runs, with the state of each node.

    None where the version is gone, or a draft has been drawn differently since.
    """
    model = FunctionModel.all_objects.filter(pk=execution.source_id).first()
    if model is None:
        return None
    try:
        canvas = canvas_of(model, DRAFT if execution.is_draft else execution.source_version)
    except NotFound:
        return None
    drawn = {node.id for node in canvas.nodes}
    if drawn != {known for known in states if "#" not in known}:
        return None
    version = f"{execution.source_version} (draft)" if execution.is_draft else ""
    heading = Heading(f"{execution.source_name} {version or execution.source_version}", summary)
    return draw_model(canvas=canvas, heading=heading, headed=headed, states=states)


def register_run_picture() -> None:
    """Let runs of models be drawn on their models."""
    run_pictures.add(FeatureType.FUNCTION_MODEL, draw_run)
