"""The log of a run as it is written, until the run ends."""

import time
from collections.abc import Iterator
from uuid import UUID

from rich.text import Text

from accounts.tenancy import system_scope
from node_links.pictures.labels import clean
from spindles.choices import OPEN
from spindles.models import Execution, ExecutionLog

PAUSE = 0.5
"""Seconds between two looks."""
_AT_ONCE = 500
_STYLES = {"debug": "dim", "warning": "yellow", "error": "red"}


def follow(execution_id: UUID, *, pause: float = PAUSE) -> Iterator[ExecutionLog]:
    """Yield the lines of a run's log in their order, those to come as they are written.

    Ends once the run has ended and everything was told; waits `pause` seconds where there is
    nothing to tell. Each look is a transaction of its own, so that none is held open.
    """
    last = 0
    while True:
        with system_scope():
            # Whether it is open is read first: a line of its end is not missed then.
            open_ = Execution.objects.filter(pk=execution_id, status__in=OPEN).exists()
            rows = ExecutionLog.objects.filter(execution=execution_id, id__gt=last)
            found = list(rows.order_by("id")[:_AT_ONCE])
        yield from found
        if found:
            last = found[-1].pk
        elif open_:
            time.sleep(pause)
        else:
            return


def line_text(line: ExecutionLog) -> Text:
    """Return a line of a log for the screen."""
    text = Text(f"{line.at:%H:%M:%S.%f}"[:-3], style="dim")
    text.append(f"  {line.level:<7}", style=_STYLES.get(line.level, "default"))
    if line.step_id:
        number = f"#{line.attempt}" if line.attempt else ""
        text.append(f"  {clean(line.step_id)}{number}", style="cyan")
    text.append(f"  {clean(line.message)}", style="default")
    return text
