"""Figures as the template shows them: every number a string, every text clean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from function_models.canvas.nodes import Container
from function_models.pictures.figures import (
    ACTION_LINE,
    ACTION_TEXT_LEFT,
    META_SIZE,
    NAME_LINE,
    TEXT_LEFT,
    Figure,
)
from function_models.pictures.sheet import Sheet
from function_models.pictures.sketch import Arrow
from node_links.pictures.boxes import Box
from node_links.pictures.labels import clean, shorten
from node_links.pictures.marks import Line, place_words
from spindles.choices import StepStatus
from spindles.pictures.states import States, StepState

_CONTAINER_ICON, _ACTION_ICON = 24.0, 18.0
_STATUS_SIZE, _BADGE_SIZE = 20, 18


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle, and a line from its middle to where what stood there has gone."""

    x: str
    y: str
    width: str
    height: str
    to_x: str
    to_y: str
    from_x: str
    from_y: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A node at its place; all other numbers are seen from its upper left corner.

    `status` is the name of a sign, and of its class.
    """

    id: str
    classes: str
    hint: str
    x: str
    y: str
    width: str
    height: str
    radius: int
    symbol: str
    icon: str
    icon_x: int
    icon_y: int
    lines: Sequence[Line]
    meta: Line
    status: str
    status_x: str
    change: str
    change_x: str
    bar: str
    ghosts: Sequence[Frame]
    actions: Sequence["Mark"]


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow's line."""

    path: str
    change: str
    hint: str
    label: Line | None
    taken: bool = False


def container_marks(sheet: Sheet, states: States | None = None) -> list[Mark]:
    """Return the marks of all containers, with those of their actions inside.

    With the `states` of a run they show how far it came.
    """
    marks = [_container(*one) for one in zip(sheet.figures, sheet.boxes, strict=True)]
    return marks if states is None else [_of_run(mark, states) for mark in marks]


def ghost_marks(sheet: Sheet) -> list[Frame]:
    """Return where containers stood that have moved."""
    return [_frame(ghost, sheet.boxes[number]) for number, ghost in sheet.ghosts.items()]


def way_marks(sheet: Sheet, arrows: Sequence[Arrow], states: States | None = None) -> list[Way]:
    """Return the marks of all arrows; their labels stand on the lines where there is room.

    With the `states` of a run they show which ones it took.
    """
    labelled = [number for number, arrow in enumerate(arrows) if arrow.label]
    words = place_words(
        [clean(arrows[number].label) for number in labelled],
        [sheet.routes[number] for number in labelled],
    )
    by_number = dict(zip(labelled, words, strict=True))
    names = [clean(figure.part.node.data.name) for figure in sheet.figures]
    return [
        Way(
            path=way.path,
            change=arrow.change,
            hint=f"{names[arrow.target]} depends on {names[arrow.source]}"
            + (f" · {clean(arrow.label)}" if arrow.label else "")
            + (f" · {arrow.change}" if arrow.change else ""),
            label=by_number.get(number),
            taken=states is not None
            and all(_ran(states, sheet.figures[end]) for end in (arrow.source, arrow.target)),
        )
        for number, (arrow, way) in enumerate(zip(arrows, sheet.routes, strict=True))
    ]


def _ran(states: States, figure: Figure) -> bool:
    state = states.get(figure.part.node.id)
    return state is not None and state.ran


def _of_run(mark: Mark, states: States) -> Mark:
    """Return a node with its state in a run; how long it took replaces what it says of itself."""
    state = states.get(mark.id, StepState(StepStatus.PENDING))
    room = float(mark.width) - float(mark.meta.x) - 8
    meta = replace(mark.meta, text=shorten(clean(state.note), room, META_SIZE))
    return replace(
        mark,
        classes=f"{mark.classes} {state.symbol}",
        hint=f"{state.hint} · {mark.hint}",
        meta=meta if state.note else mark.meta,
        status=state.symbol,
        actions=[_of_run(action, states) for action in mark.actions],
    )


def _container(figure: Figure, box: Box) -> Mark:
    ghosts = [_frame(one.ghost, one.box) for one in figure.actions if one.ghost]
    return _mark(
        figure, box, kind="container", text_left=TEXT_LEFT, line=NAME_LINE, first=25.0,
        icon=_CONTAINER_ICON, ghosts=ghosts, actions=[_action(one) for one in figure.actions],
    )  # fmt: skip


def _action(figure: Figure) -> Mark:
    return _mark(
        figure, figure.box, kind="action", text_left=ACTION_TEXT_LEFT, line=ACTION_LINE,
        first=18.0, icon=_ACTION_ICON, ghosts=(), actions=(),
    )  # fmt: skip


def _mark(
    figure: Figure, box: Box, *, kind: str, text_left: float, line: float, first: float,
    icon: float, ghosts: Sequence[Frame], actions: Sequence[Mark],
) -> Mark:  # fmt: skip
    node, change = figure.part.node, figure.part.change
    boundary = isinstance(node, Container) and node.type == "ioNode"
    names = [f"fmp-{kind}", "fmp-io" if boundary else "", f"fmp-{change}" if change else ""]
    return Mark(
        id=node.id,
        classes=" ".join(filter(None, names)),
        hint=figure.hint,
        x=f"{box.left:.1f}",
        y=f"{box.top:.1f}",
        width=f"{box.width:.0f}",
        height=f"{box.height:.0f}",
        radius=22 if boundary else 10 if kind == "container" else 7,
        symbol=figure.symbol,
        icon=f"{icon:.0f}",
        icon_x=12 if kind == "container" else 9,
        icon_y=13 if kind == "container" else 9,
        lines=_lines(figure.lines, text_left, first, line),
        meta=_line(figure.meta, text_left, first + len(figure.lines) * line),
        status=f"fmp-{node.data.status}",
        status_x=f"{box.width - _STATUS_SIZE - 3:.0f}",
        change=change,
        change_x=f"{box.width - _BADGE_SIZE / 2 - 14:.0f}",
        bar=f"{box.height - 32:.0f}",
        ghosts=ghosts,
        actions=actions,
    )


def _lines(texts: Sequence[str], x: float, y: float, step: float) -> list[Line]:
    return [_line(text, x, y + number * step) for number, text in enumerate(texts)]


def _line(text: str, x: float, y: float) -> Line:
    return Line(text, f"{x:.0f}", f"{y:.1f}")


def _frame(box: Box, new: Box) -> Frame:
    return Frame(
        f"{box.left:.1f}", f"{box.top:.1f}", f"{box.width:.0f}", f"{box.height:.0f}",
        f"{new.x:.1f}", f"{new.y:.1f}", f"{box.x:.1f}", f"{box.y:.1f}",
    )  # fmt: skip
