"""Nodes measured: what stands in them, line by line, and how much room they take."""

from collections.abc import Sequence
from dataclasses import dataclass

from function_models.canvas.nodes import Action, ActionData, Container
from function_models.pictures.arranging import arrange
from function_models.pictures.looks import LABELS, SYMBOLS, kind_of
from function_models.pictures.sketch import Part
from node_links.pictures.boxes import Box
from node_links.pictures.labels import clean, shorten, wrap

NAME_SIZE, META_SIZE = 13.0, 11.0
ACTION_SIZE, HINT_SIZE = 12.0, 10.5
# Names are set in bold, which is wider.
_BOLD = 1.07
CONTAINER_WIDTH, ACTION_WIDTH = 236.0, 212.0
PADDING, GAP = 12.0, 8.0
TEXT_LEFT, ACTION_TEXT_LEFT = 46.0, 34.0
NAME_LINE, ACTION_LINE = 16.0, 14.5
_BADGE = 30.0
_USUAL_PRIORITY = 5
# Who is responsible unless somebody says more.
_BY_DEFAULT = ["System"]
_ROLES = (("R", "responsible"), ("A", "accountable"), ("C", "consulted"), ("I", "informed"))


@dataclass(frozen=True, slots=True)
class Figure:
    """A node as it is drawn. `box` of an action is seen from its container's upper left corner.

    `ghost` is where a moved action stood, seen from there as well.
    """

    part: Part
    symbol: str
    lines: Sequence[str]
    meta: str
    hint: str
    box: Box
    ghost: Box | None = None
    actions: Sequence["Figure"] = ()


def measure(part: Part, inside: Sequence[Part], *, wide: bool) -> Figure:
    """Return a container with its actions in it, its upper left corner at the origin.

    Actions stand where they were drawn if they can be read there, else in the order of their
    execution: below each other, or with `wide` beside each other.
    """
    cards = [_action(one) for one in inside]
    placed = _placed(cards, wide=wide)
    width = max([CONTAINER_WIDTH, *(card.box.right + PADDING for card in placed)])
    lines = _name(part, width - TEXT_LEFT - _BADGE, NAME_SIZE)
    header = 12 + len(lines) * NAME_LINE + 20
    height = max([header + 4, *(header + card.box.bottom + PADDING for card in placed)])
    return Figure(
        part=part,
        symbol=SYMBOLS[kind_of(part.node)],
        lines=lines,
        meta=shorten(_container_meta(part.node), width - TEXT_LEFT - PADDING, META_SIZE),
        hint=_hint(part),
        box=_corner(0, 0, width, height),
        actions=[_lowered(card, header) for card in placed],
    )


def _action(part: Part) -> Figure:
    lines = _name(part, ACTION_WIDTH - ACTION_TEXT_LEFT - _BADGE, ACTION_SIZE)
    meta = _action_meta(part.node)
    return Figure(
        part=part,
        symbol=SYMBOLS[kind_of(part.node)],
        lines=lines,
        meta=shorten(meta, ACTION_WIDTH - ACTION_TEXT_LEFT - 8, HINT_SIZE),
        hint=_hint(part),
        box=_corner(0, 0, ACTION_WIDTH, 12 + len(lines) * ACTION_LINE + 17),
    )


def _placed(cards: Sequence[Figure], *, wide: bool) -> list[Figure]:
    """Return the actions where they stand below the container's heading."""
    positions = [(card.part.node.position.x, card.part.node.position.y) for card in cards]
    sizes = [(card.box.width, card.box.height) for card in cards]
    found = arrange(positions, sizes, gap=(GAP, GAP)) if len(cards) > 1 else None
    if found is None:
        return _stacked(cards, _columns(len(cards), wide=wide))
    left = min(box.left for box in found.boxes) - PADDING
    top = min(box.top for box in found.boxes)
    placed = []
    for card, box in zip(cards, found.boxes, strict=True):
        was = card.part.was
        ghost = found.place((was.x, was.y), (box.width, box.height)) if was else None
        # A ghost outside of its container would say more than anybody knows.
        ghost = ghost if ghost and ghost.left >= left and ghost.top >= top else None
        placed.append(_at(card, box.moved(-left, -top), ghost and ghost.moved(-left, -top)))
    return placed


def _columns(count: int, *, wide: bool) -> int:
    """Return in how many columns so many actions stand."""
    return min(count, 3) if wide else 1 + max(count - 1, 0) // 6


def _stacked(cards: Sequence[Figure], columns: int) -> list[Figure]:
    placed: list[Figure] = []
    top = 0.0
    for first in range(0, len(cards), columns or 1):
        row = cards[first : first + columns]
        height = max(card.box.height for card in row)
        for column, card in enumerate(row):
            left = PADDING + column * (ACTION_WIDTH + GAP)
            placed.append(_at(card, _corner(left, top, ACTION_WIDTH, height)))
        top += height + GAP
    return placed


def _at(card: Figure, box: Box, ghost: Box | None = None) -> Figure:
    return Figure(card.part, card.symbol, card.lines, card.meta, card.hint, box, ghost)


def _lowered(card: Figure, header: float) -> Figure:
    ghost = card.ghost.moved(0, header) if card.ghost else None
    return _at(card, card.box.moved(0, header), ghost)


def _corner(left: float, top: float, width: float, height: float) -> Box:
    return Box(left + width / 2, top + height / 2, width, height)


def _name(part: Part, room: float, size: float) -> list[str]:
    return wrap(clean(part.node.data.name), width=room, size=size * _BOLD, lines=2)


def _container_meta(node: Container | Action) -> str:
    words = [LABELS[kind_of(node)]]
    if isinstance(node, Container) and node.data.execution_type != "sequential":
        words.append(node.data.execution_type)
    return " · ".join([*words, *_weight(node)])


def _action_meta(node: Container | Action) -> str:
    data = node.data
    if not isinstance(data, ActionData):
        return ""
    who = [
        f"{letter} {clean(parties[0])}" + (f" +{len(parties) - 1}" if parties[1:] else "")
        for letter, role in _ROLES
        if (parties := getattr(data.raci, role)) and parties != _BY_DEFAULT
    ]
    return " · ".join([str(data.execution_order), *_weight(node), *who])


def _weight(node: Container | Action) -> list[str]:
    words = [f"P{node.data.priority}"] if node.data.priority != _USUAL_PRIORITY else []
    return [*words, "critical"] if node.data.critical else words


def _hint(part: Part) -> str:
    node = part.node
    words = [clean(node.data.name), LABELS[kind_of(node)], node.data.status]
    words.append(f"priority {node.data.priority}")
    if isinstance(node, Action):
        words.append(f"{node.data.execution_mode}, number {node.data.execution_order}")
        words += [
            f"{role}: {clean(', '.join(parties))}"
            for _, role in _ROLES
            if (parties := getattr(node.data.raci, role))
        ]
    if part.change:
        words.append(f"{part.change}: {', '.join(part.keys)}" if part.keys else part.change)
    if node.data.description:
        words.append(clean(node.data.description))
    return " · ".join(words)
