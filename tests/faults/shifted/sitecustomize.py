"""Loaded by a worker before anything else: its clock is a day ahead of everybody's."""

import time
from collections.abc import Callable

DAY = 86_400


def _ahead(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + DAY


time.time = _ahead(time.time)
