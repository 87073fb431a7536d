"""How far a question may go: every answer is bounded, and says where it was cut off."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.exceptions import ValidationFailed
from config.replica import reader

MAX_DEPTH = 10
MAX_LIMIT = 1000
"""How many neighbours, nodes or links one answer shows at most."""

MAX_VISITED = 20_000
"""How many entities a question reaches at most; what lies behind them is not looked at."""

SOFT_SECONDS = 2.0
"""After this a question stops at the next step and answers with what it has found."""

HARD_SECONDS = 5.0
"""After this the database ends the statement, and the question is refused (503)."""

# The columns of a row are made in their order: what it was, then what it is to be.
_SET_TIMEOUT = (
    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"
)


def check_range(name: str, value: int, low: int, high: int) -> int:
    """Return `value`. Raises `ValidationFailed` naming the parameter where it is out of range."""
    if not low <= value <= high:
        code = "min_value" if value < low else "max_value"
        raise ValidationFailed.of(f"?{name}", code, f"Choose {name} from {low} to {high}.")
    return value


@contextmanager
def limited_time(seconds: float = HARD_SECONDS) -> Iterator[None]:
    """End every statement of the block that takes longer; the transaction's own limit comes back.

    The limit is that of the running transaction, so it cannot leak through a pooled connection.
    """
    with reader().cursor() as cursor:
        cursor.execute(_SET_TIMEOUT, [f"{int(seconds * 1000)}ms"])
        ((before, _),) = cursor.fetchall()
        yield
        cursor.execute(_SET_TIMEOUT, [before])
