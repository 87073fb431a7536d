"""The index page: each app says what it counts, the page shows it.

    register_section(Section.order, read)      # in the app's `admin`, once

`read` runs in the operator's scope at each visit and makes a small, constant number of queries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that means something, and where the rows behind it are.

    `tone` is empty, `good`, `warning` or `bad`.
    """

    label: str
    value: int | str
    link: str = ""
    hint: str = ""
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart; `height` is a share of the highest in percent."""

    label: str
    value: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with tiles; `bars`, if there are any, are a chart below them."""

    title: str
    tiles: Sequence[Tile]
    bars: Sequence[Bar] = ()
    bars_title: str = ""


_sections: dict[str, tuple[int, Callable[[], Section]]] = {}


def register_section(name: str, order: int, read: Callable[[], Section]) -> None:
    """Show what `read` returns on the index page; sections stand in the order of `order`.

    Raises `ValueError` where another reader has the name.
    """
    held = _sections.get(name)
    if held is not None and held[1] is not read:
        raise ValueError(f"A section named {name} is registered already.")
    _sections[name] = (order, read)


def bars(values: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return the bars of `values`; the highest is 100 percent high, a one is always seen."""
    highest = max((value for _, value in values), default=0)
    return [
        Bar(label, value, max(4, round(100 * value / highest)) if value else 0)
        for label, value in values
    ]


def show_dashboard(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the sections to the index page's context."""
    ordered = sorted(_sections.values(), key=lambda pair: pair[0])
    return context | {"sections": [read() for _, read in ordered]}
