"""Pictures of a model's states: the working copy, a published version, two of them at once."""

from dataclasses import dataclass
from typing import Any

from function_models.canvas.document import Canvas, parse_canvas
from function_models.comparison import Comparison, compare_contents
from function_models.models import FunctionModel, FunctionModelVersion, document_of
from function_models.pictures.drawing import Heading, draw_comparison, draw_model
from node_links.pictures.picture import Picture
from node_links.services.versions import get_snapshot, snapshot_content

DRAFT = "draft"
"""The name of the working copy, beside numbers and `published`."""


@dataclass(frozen=True, slots=True)
class ComparedStates:
    """What differs, as data and as a picture; `names` are those of all nodes, by id."""

    comparison: Comparison
    picture: Picture
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class _State:
    """`label` is how people call the state."""

    content: dict[str, Any]
    label: str


def draw_state(*, model: FunctionModel, version: str = DRAFT, headed: bool = True) -> Picture:
    """Return the picture of a state of `model`: a number, `published` or `draft`.

    Raises `NotFound`, and `ValidationFailed` at `?version` for what is no number.
    """
    state = _read(model, version, "?version")
    canvas = _canvas(model, state)
    heading = Heading(state.content["name"], state.label)
    return draw_model(canvas=canvas, heading=heading, headed=headed)


def canvas_of(model: FunctionModel, version: str) -> Canvas:
    """Return the drawing of a state of `model`, named as in `draw_state`.

    Raises `NotFound`, and `ValidationFailed` at `?version` for what is no number.
    """
    return _canvas(model, _read(model, version, "?version"))


def draw_states(
    *, model: FunctionModel, old: str, new: str = DRAFT, headed: bool = True
) -> ComparedStates:
    """Return what differs between two states of `model`, named as in `draw_state`.

    Raises `NotFound`, and `ValidationFailed` at `?compare` or `?version` for what is no number.
    """
    before, after = _read(model, old, "?compare"), _read(model, new, "?version")
    found = compare_contents(before.content, after.content)
    old_canvas, new_canvas = _canvas(model, before), _canvas(model, after)
    picture = draw_comparison(
        old=old_canvas,
        new=new_canvas,
        found=found,
        heading=Heading(after.content["name"], f"{before.label} → {after.label}"),
        headed=headed,
    )
    names = {node.id: node.data.name for node in (*old_canvas.nodes, *new_canvas.nodes)}
    return ComparedStates(found, picture, names)


def _canvas(model: FunctionModel, state: _State) -> Canvas:
    statuses = {node["id"]: node["data"]["status"] for node in state.content["nodes_data"]}
    return parse_canvas(document_of(state.content), model_id=str(model.pk), statuses=statuses)


def _read(model: FunctionModel, version: str, pointer: str) -> _State:
    if version == DRAFT:
        return _State(snapshot_content(model), f"version {model.version} · {model.status}")
    snapshot = get_snapshot(FunctionModelVersion, entity=model, version=version, pointer=pointer)
    live = " · live" if snapshot.version == model.published_version else ""
    return _State(dict(snapshot.content), f"version {snapshot.version}{live}")
