"""`python -m benchmarks [--only NAME …] [--quick] [--markdown]`: one run, one table."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module

from rich.console import Console

from benchmarks.figures import Figure, print_table
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.stack import Stack, prepare_environment, running_stack

# In this order: the corpus of `search` would weigh on the listings of `rest`.
NAMES = (
    *("rest", "events", "delivery", "cache", "embedding", "search", "vectors", "live", "memory"),
    *("links", "graph", "pictures", "quality", "function_models", "engine"),
)
Measure = Callable[[Stack, Plan], Iterator[Figure]]


def main() -> int:
    """Measure what was asked for and print the table; 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="measure only this; again")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run at all")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    notes = Console(stderr=True)
    figures: list[Figure] = []
    with running_stack(prepare_environment()) as stack:
        for name in options.only or NAMES:
            started = time.perf_counter()
            notes.print(f"[bold]{name}[/bold]")
            stack.clear()
            for figure in _measure(name)(stack, QUICK if options.quick else FULL):
                notes.print("  " + " | ".join(filter(None, figure.cells())), highlight=False)
                figures.append(figure)
            notes.print(f"  {time.perf_counter() - started:.0f} s")
    print_table(
        figures, Console(width=None if sys.stdout.isatty() else 200), markdown=options.markdown
    )
    return int(any(figure.met is False for figure in figures))


def _measure(name: str) -> Measure:
    # Imported where used: their imports need Django to be set up.
    module = import_module(f"benchmarks.{name}")
    measure: Measure = module.measure
    return measure


if __name__ == "__main__":
    sys.exit(main())
