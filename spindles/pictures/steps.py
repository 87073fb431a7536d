"""Steps and what each waits for, as boxes in levels; of a run, with the state of each."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node_links.pictures.boxes import Box, around
from node_links.pictures.labels import clean, shorten, text_width, wrap
from node_links.pictures.legend import Entry, place_legend
from node_links.pictures.levels import Levels, stand_in_levels
from node_links.pictures.marks import Line, place_words
from node_links.pictures.picture import Picture, fill
from node_links.pictures.ways import DOWN, LEFT, RIGHT, UP, Side, Way, find_ways
from spindles.pictures.kinds import family_of
from spindles.pictures.looks import state_entries
from spindles.pictures.states import States, StepState
from spindles.pictures.styles import STYLES
from spindles.plans.plan import Plan

_MARGIN = 24.0
_LEAST_WIDTH = 460.0
_HEADING, _HEADING_SIZE, _META_SIZE = 50.0, 16.0, 11.0
_WIDTH, _TEXT_LEFT, _RIGHT = 212.0, 44.0, 28.0
_NAME_SIZE, _NAME_LINE, _BOLD = 12.5, 15.5, 1.07
_BETWEEN, _BELOW = 58.0, 44.0
_WIDEST_LABEL = 110.0
# A page is somewhat wider than high, once its text is around the picture.
_PAGE = 1.4
_TEMPLATE = "pictures/steps.svg"


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """A step as it is drawn; `kind` decides on its shape, `note` stands below its name."""

    id: str
    name: str
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """The step `target` waits for the step `source`, both by their ids."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class StepMark:
    """A step as the template shows it; all but its place is seen from its upper left corner."""

    classes: str
    hint: str
    x: str
    y: str
    width: str
    height: str
    symbol: str
    lines: Sequence[Line]
    meta: Line
    sign: str
    sign_x: str


@dataclass(frozen=True, slots=True)
class WayMark:
    """An arrow's line; `taken` by the run, or not."""

    path: str
    hint: str
    taken: bool
    label: Line | None


@dataclass(frozen=True, slots=True)
class _Joint:
    source: int
    target: int
    label: str


def draw_steps(
    steps: Sequence[DrawnStep],
    edges: Sequence[Edge],
    statuses: States | None = None,
    *,
    heading: str = "",
    summary: str = "",
) -> Picture:
    """Return the picture of steps, the same for the same steps.

    Edges with an end that is not there are left out; there must be no cycle. With `statuses` each
    step shows how far a run came. Without a `heading` there is none, for a page that has its own.
    """
    joints = _joints(steps, edges)
    sheet, ways = _lay_out(steps, joints)
    extent = around([*sheet, *(way.hull for way in ways)]) if sheet else Box(206, 12, 412, 24)
    width = max(extent.width + 2 * _MARGIN, _LEAST_WIDTH)
    top = _MARGIN + (_HEADING if heading else 0)
    below = top + extent.height + _MARGIN
    legend, legend_height = place_legend(
        _legend(steps, statuses), left=_MARGIN, top=below, width=width - 2 * _MARGIN
    )
    told = clean(summary) or _count(steps, joints)
    return fill(
        _TEMPLATE,
        *STYLES,
        width=round(width),
        height=round(below + legend_height + _MARGIN / 2),
        title=clean(heading) or "Steps",
        heading=shorten(clean(heading), width - 2 * _MARGIN, _HEADING_SIZE),
        summary=shorten(told, width - 2 * _MARGIN, _META_SIZE),
        empty_y=round(top + 16),
        shift_x=f"{(width - extent.width) / 2 - extent.left:.1f}",
        shift_y=f"{top - extent.top:.1f}",
        run=statuses is not None,
        steps=[_mark(*one, statuses) for one in zip(steps, sheet, strict=True)],
        ways=_ways(steps, joints, ways, statuses),
        legend=legend,
    )


def plan_drawing(plan: Plan) -> tuple[list[DrawnStep], list[Edge]]:
    """Return what is drawn of a plan: its steps without those that only hold it together.

    What waits for one of those waits for what that one waits for. Of such arrows only those are
    kept that no others say already.
    """
    steps = [
        DrawnStep(step.id, step.name, step.kind, "inactive" if step.inactive else "")
        for step in plan.steps
        if not step.internal
    ]
    pairs = {(source, s.id) for s in plan.steps if not s.internal for source in s.depends_on}
    if len(steps) == len(plan.steps):
        return steps, [Edge(*pair) for pair in sorted(pairs)]
    return steps, [Edge(*pair) for pair in sorted(_bridged(plan))]


def _bridged(plan: Plan) -> set[tuple[str, str]]:
    import rustworkx as rx  # loaded where it is used: most requests draw nothing

    seen: dict[str, set[str]] = {}

    def visible(known: str) -> set[str]:
        step = plan.by_id.get(known)
        if step is None or not step.internal:
            return {known}
        if known not in seen:
            seen[known] = set()
            for one in step.depends_on:
                seen[known] |= visible(one)
        return seen[known]

    shown = [step.id for step in plan.steps if not step.internal]
    numbers = {known: number for number, known in enumerate(shown)}
    graph: rx.PyDiGraph[str, None] = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(shown)
    for known in shown:
        for one in plan.by_id[known].depends_on:
            for source in visible(one) & numbers.keys():
                graph.add_edge(numbers[source], numbers[known], None)
    reduced, places = rx.transitive_reduction(graph)
    names = {new: shown[old] for old, new in places.items()}
    return {(names[source], names[target]) for source, target in reduced.edge_list()}


def _joints(steps: Sequence[DrawnStep], edges: Iterable[Edge]) -> list[_Joint]:
    numbers = {step.id: number for number, step in enumerate(steps)}
    found: dict[tuple[int, int], _Joint] = {}
    for edge in edges:
        source, target = numbers.get(edge.source), numbers.get(edge.target)
        if source is not None and target is not None and source != target:
            found.setdefault((source, target), _Joint(source, target, clean(edge.label)))
    return list(found.values())


def _lay_out(
    steps: Sequence[DrawnStep], joints: Sequence[_Joint]
) -> tuple[Sequence[Box], Sequence[Way]]:
    """Return the boxes and ways, in levels to the right or downwards, whatever suits a page."""
    if not steps:
        return [], []
    sizes = [(_WIDTH, _height(step)) for step in steps]
    labels = [text_width(one.label, _META_SIZE) for one in joints if one.label]
    room = min(max(labels, default=0), _WIDEST_LABEL) + 40
    levels = _levels(len(steps), joints)
    sheets: list[tuple[Levels, tuple[Side, Side]]] = [
        (
            stand_in_levels(joints, sizes, levels, down=False, between=max(_BETWEEN, room)),
            (RIGHT, LEFT),
        ),
        (stand_in_levels(joints, sizes, levels, down=True, between=_BELOW), (DOWN, UP)),
    ]
    found, sides = min(sheets, key=lambda one: abs(math.log(one[0].ratio / _PAGE)))
    return found.boxes, find_ways(joints, found.boxes, lanes=found.lanes, sides=sides)


def _levels(count: int, joints: Sequence[_Joint]) -> list[int]:
    after: defaultdict[int, list[int]] = defaultdict(list)
    waits = [0] * count
    for joint in joints:
        after[joint.source].append(joint.target)
        waits[joint.target] += 1
    levels = [0] * count
    ready = [number for number in range(count) if not waits[number]]
    for number in ready:  # grows while it is gone through
        for target in after[number]:
            levels[target] = max(levels[target], levels[number] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
    return levels


def _name(step: DrawnStep) -> list[str]:
    room = _WIDTH - _TEXT_LEFT - _RIGHT
    return wrap(clean(step.name) or clean(step.id), width=room, size=_NAME_SIZE * _BOLD, lines=2)


def _height(step: DrawnStep) -> float:
    return 13 + len(_name(step)) * _NAME_LINE + 20


def _mark(step: DrawnStep, box: Box, statuses: States | None) -> StepMark:
    lines = _name(step)
    family = family_of(step.kind)
    state = statuses.get(step.id, StepState("pending")) if statuses is not None else None
    # What became of it says more than what it is, which its shape tells as well.
    told = clean(state.note) if state else ""
    words = [told or family.label, clean(step.note)]
    meta = shorten(" · ".join(filter(None, words)), _WIDTH - _TEXT_LEFT - 10, _META_SIZE)
    hint = [clean(step.name), clean(step.kind), clean(step.note), state.hint if state else ""]
    return StepMark(
        classes=f"spp-step {state.symbol}" if state else "spp-step",
        hint=" · ".join(filter(None, hint)),
        x=f"{box.left:.1f}",
        y=f"{box.top:.1f}",
        width=f"{box.width:.0f}",
        height=f"{box.height:.0f}",
        symbol=family.symbol,
        lines=[
            Line(text, f"{_TEXT_LEFT:.0f}", f"{22 + number * _NAME_LINE:.1f}")
            for number, text in enumerate(lines)
        ],
        meta=Line(meta, f"{_TEXT_LEFT:.0f}", f"{22 + len(lines) * _NAME_LINE:.1f}"),
        sign=state.symbol if state else "",
        sign_x=f"{box.width - 25:.0f}",
    )


def _ways(
    steps: Sequence[DrawnStep],
    joints: Sequence[_Joint],
    ways: Sequence[Way],
    statuses: States | None,
) -> list[WayMark]:
    labelled = [number for number, joint in enumerate(joints) if joint.label]
    words = place_words([joints[n].label for n in labelled], [ways[n] for n in labelled])
    by_number = dict(zip(labelled, words, strict=True))
    names = [clean(step.name) or clean(step.id) for step in steps]
    return [
        WayMark(
            path=way.path,
            hint=f"{names[joint.target]} waits for {names[joint.source]}"
            + (f" · {joint.label}" if joint.label else ""),
            taken=statuses is not None
            and all(_ran(statuses, steps[end].id) for end in (joint.source, joint.target)),
            label=by_number.get(number),
        )
        for number, (joint, way) in enumerate(zip(joints, ways, strict=True))
    ]


def _ran(statuses: States, step_id: str) -> bool:
    return step_id in statuses and statuses[step_id].ran


def _legend(steps: Sequence[DrawnStep], statuses: States | None) -> list[Entry]:
    families = {family.symbol: family for family in (family_of(step.kind) for step in steps)}
    entries = [Entry(one.label, symbol=symbol) for symbol, one in sorted(families.items())]
    if statuses is None:
        return entries
    shown = {step.id for step in steps}
    return entries + state_entries(s.status for known, s in statuses.items() if known in shown)


def _count(steps: Sequence[DrawnStep], joints: Sequence[_Joint]) -> str:
    counts = ((len(steps), "step", "steps"), (len(joints), "dependency", "dependencies"))
    return " · ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
