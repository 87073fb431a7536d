"""What the person at the terminal sees: steps with their time, and the lines of every process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.text import Text

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")
NAME_WIDTH = 9


class Terminal:
    """Writes whole lines, coloured where the output is a terminal; safe to call from threads."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._colours: dict[str, str] = {}

    def line(self, text: str, style: str = "") -> None:
        """Write one line."""
        self._console.print(Text(text, style=style))

    def process_line(self, name: str, text: str) -> None:
        """Write one line that the process `name` said."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        self._console.print(Text.assemble((f"{name:<{NAME_WIDTH}} | ", colour), text))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took, or that it failed."""
        started = time.monotonic()
        if self._console.is_terminal:
            self._console.print(Text(f"  … {title}", style="dim"), end="\r")
        try:
            yield
        except BaseException:
            self.line(f"  ✗ {title}", "red")
            raise
        self.line(f"  ✓ {title} ({time.monotonic() - started:.1f} s)")
