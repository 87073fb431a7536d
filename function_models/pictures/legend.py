"""The legend: what the shapes, colours and short words of this picture mean, and no others."""

from function_models.canvas.nodes import Action
from function_models.pictures.looks import LABELS, STATUSES, SYMBOLS, kind_of
from function_models.pictures.sketch import CHANGES, MODIFIED, MOVED, Sketch
from node_links.pictures.legend import Entry
from spindles.pictures.looks import state_entries
from spindles.pictures.states import States

_ROLES = "R responsible, A accountable, C consulted, I informed"


def make_legend(sketch: Sketch, *, compared: bool, states: States | None = None) -> list[Entry]:
    """Return the kinds of nodes, then their statuses, or for two drawings the changes.

    Of a run, how far it came stands for the statuses.
    """
    kinds = {kind_of(part.node) for part in sketch.parts}
    entries = [Entry(LABELS[kind], symbol=SYMBOLS[kind]) for kind in LABELS if kind in kinds]
    if compared:
        arrows = {arrow.change for arrow in sketch.arrows}
        changed = [name for name in CHANGES if name in sketch.changes or name in arrows]
        return entries + [Entry(name, symbol=f"fmp-{name}") for name in changed]
    if states is not None:
        shown = {part.node.id for part in sketch.parts}
        return entries + state_entries(s.status for known, s in states.items() if known in shown)
    statuses = {part.node.data.status for part in sketch.parts}
    return entries + [
        Entry(status, symbol=f"fmp-{status}") for status in STATUSES if status in statuses
    ]


def make_notes(sketch: Sketch) -> list[str]:
    """Return what has to be said in words."""
    notes = []
    if sketch.arrows:
        notes.append("An arrow leads to what depends on its beginning.")
    if any(isinstance(part.node, Action) for part in sketch.parts):
        notes.append(f"Actions: number in their order · P priority, where not 5 · {_ROLES}.")
    if sketch.changes.keys() & {MOVED, MODIFIED} and any(part.was for part in sketch.parts):
        notes.append("A grey frame is where something stood before.")
    return notes
