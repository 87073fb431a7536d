"""Pictures of a model's states: the working copy, a published version, two of them at once."""

from dataclasses import dataclass
from typing import Any

from function_models.canvas.contents import read_content
from function_models.comparison import Comparison, compare_contents
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.pictures.drawing import Heading, draw_comparison, draw_model
from node_links.pictures.drawing import Picture
from node_links.services.versions import get_snapshot, snapshot_content

DRAFT = "draft"
"""The name of the working copy, beside numbers and `published`."""


@dataclass(frozen=True, slots=True)
class ComparedStates:
    """What differs, as data and as a picture."""

    comparison: Comparison
    picture: Picture


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
    canvas = read_content(state.content, model_id=str(model.pk))
    heading = Heading(state.content["name"], state.label)
    return draw_model(canvas=canvas, heading=heading, headed=headed)


def draw_states(
    *, model: FunctionModel, old: str, new: str = DRAFT, headed: bool = True
) -> ComparedStates:
    """Return what differs between two states of `model`, named as in `draw_state`.

    Raises `NotFound`, and `ValidationFailed` at `?compare` or `?version` for what is no number.
    """
    before, after = _read(model, old, "?compare"), _read(model, new, "?version")
    found = compare_contents(before.content, after.content)
    canvases = [read_content(one.content, model_id=str(model.pk)) for one in (before, after)]
    picture = draw_comparison(
        old=canvases[0],
        new=canvases[1],
        found=found,
        heading=Heading(after.content["name"], f"{before.label} → {after.label}"),
        headed=headed,
    )
    return ComparedStates(found, picture)


def _read(model: FunctionModel, version: str, pointer: str) -> _State:
    if version == DRAFT:
        return _State(snapshot_content(model), f"version {model.version} · {model.status}")
    snapshot = get_snapshot(FunctionModelVersion, entity=model, version=version, pointer=pointer)
    live = " · live" if snapshot.version == model.published_version else ""
    return _State(dict(snapshot.content), f"version {snapshot.version}{live}")
