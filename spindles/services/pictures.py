"""Pictures of a spindle's states: the working copy, a published version, a run of one."""

from collections.abc import Iterable
from typing import NamedTuple

from config.exceptions import NotFound
from node_links.models import document_of
from node_links.pictures.picture import Picture
from node_links.services.versions import get_snapshot
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.steps import StepDefinition
from spindles.models import Execution, Spindle, SpindleVersion
from spindles.pictures.paths import run_pictures
from spindles.pictures.states import States
from spindles.pictures.steps import DrawnStep, Edge, draw_steps
from spindles.services.defining import definition_of

DRAFT = "draft"
"""The name of the working copy, beside numbers and `published`."""


class _State(NamedTuple):
    """A state of a spindle; `label` is how people call it."""

    name: str
    label: str
    steps: tuple[StepDefinition, ...]


def draw_spindle(*, spindle: Spindle, version: str = DRAFT, headed: bool = True) -> Picture:
    """Return the picture of a state of `spindle`: a number, `published` or `draft`.

    Raises `NotFound`, and `ValidationFailed` at `?version` for what is no number.
    """
    state = _read(spindle, version)
    steps, edges = drawing_of(state.steps)
    counts = f"{len(steps)} step{'s' if len(steps) != 1 else ''}"
    return draw_steps(
        steps,
        edges,
        heading=state.name if headed else "",
        summary=f"{state.label} · {counts}",
    )


def drawing_of(steps: Iterable[StepDefinition]) -> tuple[list[DrawnStep], list[Edge]]:
    """Return what is drawn of steps: boxes, and an arrow from each thing that a step waits for."""
    listed = list(steps)
    edges = [
        Edge(waited.step_id, step.id, waited.branch or "")
        for step in listed
        for waited in step.dependencies
    ]
    return [DrawnStep(step.id, step.name, step.kind) for step in listed], edges


def draw_spindle_run(
    *, execution: Execution, states: States, summary: str, headed: bool
) -> Picture | None:
    """Return the drawing of the version that runs, with the state of each step.

    None where the version is gone, or a draft has been drawn differently since.
    """
    spindle = Spindle.all_objects.filter(pk=execution.source_id).first()
    if spindle is None:
        return None
    try:
        state = _read(spindle, DRAFT if execution.is_draft else execution.source_version)
    except NotFound:
        return None
    steps, edges = drawing_of(state.steps)
    if not {step.id for step in steps} <= states.keys():
        return None
    number = f"{execution.source_version}{' (draft)' if execution.is_draft else ''}"
    heading = f"{execution.source_name} {number}" if headed else ""
    return draw_steps(steps, edges, states, heading=heading, summary=summary)


def register_run_picture() -> None:
    """Let runs of spindles be drawn as the spindles are."""
    run_pictures.add(Spindle.feature_type, draw_spindle_run)


def _read(spindle: Spindle, version: str) -> _State:
    if version == DRAFT:
        label = f"version {spindle.version} · {spindle.status}"
        return _State(spindle.name, label, definition_of(spindle).steps)
    snapshot = get_snapshot(SpindleVersion, entity=spindle, version=version, pointer="?version")
    live = " · live" if snapshot.version == spindle.published_version else ""
    steps = parse_drawing(document_of(snapshot.content), stored=True).steps
    return _State(snapshot.content["name"], f"version {snapshot.version}{live}", steps)
