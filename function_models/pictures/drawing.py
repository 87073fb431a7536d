"""The picture as a document: measures everything and fills the template."""

from collections.abc import Sequence
from dataclasses import dataclass

from function_models.canvas.document import Canvas
from function_models.comparison import Comparison
from function_models.pictures.legend import make_legend, make_notes
from function_models.pictures.marks import container_marks, ghost_marks, way_marks
from function_models.pictures.sheet import Sheet, lay_out
from function_models.pictures.sketch import CHANGES, Sketch, compare_sketches, make_sketch
from node_links.pictures.boxes import Box
from node_links.pictures.labels import clean, shorten
from node_links.pictures.legend import SIZE as KEY_SIZE
from node_links.pictures.legend import place_legend
from node_links.pictures.picture import Picture, fill
from spindles.pictures.states import States
from spindles.pictures.styles import STATES

_MARGIN = 24.0
_LEAST_WIDTH = 460.0
_HEADING, _HEADING_SIZE, _SUMMARY_SIZE = 52.0, 16.0, 11.0
_NOTE = 18.0
_RUN_STYLE = "pictures/function_model_run.css"
_TEMPLATE, _STYLE = "pictures/function_model.svg", "pictures/function_model.css"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a drawing: the model's name, and which state of it this is."""

    name: str
    state: str


def draw_model(
    *, canvas: Canvas, heading: Heading, headed: bool = True, states: States | None = None
) -> Picture:
    """Return the picture of a drawing, the same for the same drawing.

    Without `headed` the title is there for those who listen only, for a page that has its own. With
    the `states` of a run, nodes show how far it came instead of their own status.
    """
    sketch = make_sketch(canvas)
    summary = _summary(canvas) if states is None else ""
    return _draw(sketch, heading, summary, headed=headed, compared=False, states=states)


def draw_comparison(
    *, old: Canvas, new: Canvas, found: Comparison, heading: Heading, headed: bool = True
) -> Picture:
    """Return both drawings in one picture: the new one, what is gone, and what has changed.

    `found` is the comparison of the same two contents by meaning.
    """
    sketch = compare_sketches(old, new, found)
    counts = [f"{sketch.changes[name]} {name}" for name in CHANGES if name in sketch.changes]
    summary = " · ".join(counts) or "The drawings are the same."
    return _draw(sketch, heading, summary, headed=headed, compared=True)


def _draw(
    sketch: Sketch,
    heading: Heading,
    summary: str,
    *,
    headed: bool,
    compared: bool,
    states: States | None = None,
) -> Picture:
    sheet = lay_out(sketch)
    extent = sheet.extent if sheet.boxes else Box(0, 12, _LEAST_WIDTH - 2 * _MARGIN, 24)
    width = max(extent.width + 2 * _MARGIN, _LEAST_WIDTH)
    room = width - 2 * _MARGIN
    top = _MARGIN + (_HEADING if headed else 0)
    below = top + extent.height + _MARGIN
    legend, legend_height = place_legend(
        make_legend(sketch, compared=compared, states=states), left=_MARGIN, top=below, width=room
    )
    notes = [shorten(note, room, KEY_SIZE) for note in make_notes(sketch)]
    first = below + legend_height + 14
    title = " · ".join(filter(None, (clean(heading.name), clean(heading.state))))
    return fill(
        _TEMPLATE,
        *((_STYLE,) if states is None else (_STYLE, _RUN_STYLE, STATES)),
        width=round(width),
        height=round(first + len(notes) * _NOTE + _MARGIN / 2),
        title=title,
        heading=shorten(clean(heading.name), room, _HEADING_SIZE) if headed else "",
        subheading=shorten(
            " · ".join(filter(None, (clean(heading.state), summary))), room, _SUMMARY_SIZE
        ),
        summary=summary,
        shift_x=f"{(width - extent.width) / 2 - extent.left:.1f}",
        shift_y=f"{top - extent.top:.1f}",
        empty_y=round(top + 16),
        compared=compared,
        run=states is not None,
        **_content(sheet, sketch, states),
        legend=legend,
        notes=[(note, round(first + n * _NOTE)) for n, note in enumerate(notes)],
    )


def _content(sheet: Sheet, sketch: Sketch, states: States | None) -> dict[str, Sequence[object]]:
    return {
        "containers": container_marks(sheet, states),
        "ghosts": ghost_marks(sheet),
        "ways": way_marks(sheet, sketch.arrows, states),
    }


def _summary(canvas: Canvas) -> str:
    counts = (
        (len(canvas.containers), "container", "containers"),
        (len(canvas.actions), "action", "actions"),
        (len(canvas.edges), "dependency", "dependencies"),
    )
    return " · ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
