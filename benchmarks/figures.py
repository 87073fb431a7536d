"""A figure, and the table of all of them."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

NOT_RUN = "not run"
CAVEAT = (
    "Two rates in a row were measured in turns on a shared machine: ratios hold to about a tenth, "
    "absolute numbers are lower bounds."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `ratio` is ours against the peer, in the direction of `target`; None where nothing is compared.
    `met` is None for a number that is shown for orientation only.
    """

    name: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the line as text."""
        verdict = {True: "yes", False: "NO", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.name, self.ours, self.peer, ratio, self.target, verdict


def at_least(name: str, ours: str, peer: str, ratio: float, target: float) -> Figure:
    """Return a figure whose ratio is to reach `target`."""
    return Figure(name, ours, peer, ratio, f">= {target:g} x", ratio >= target)


def at_most(name: str, ours: str, peer: str, ratio: float, target: float) -> Figure:
    """Return a figure whose ratio is to stay below `target`."""
    return Figure(name, ours, peer, ratio, f"<= {target:g} x", ratio <= target)


def print_table(figures: Iterable[Figure], console: Console, *, markdown: bool = False) -> None:
    """Print the one table."""
    table = Table(
        *("figure", "ours", "floor or peer", "ratio", "target", "met"),
        box=box.MARKDOWN if markdown else box.SIMPLE_HEAD,
        title=None if markdown else "Nodeloom beside its floors and peers",
    )
    for figure in figures:
        style = "red" if figure.met is False else None
        table.add_row(*figure.cells(), style=style)
    console.print(table)
    console.print(CAVEAT)


def milliseconds(seconds: float) -> str:
    """Return a duration in ms, with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0..1) of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_turns(
    rounds: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[float, float]:
    """Return the medians of two measures that alternate, so that both see the same machine."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
