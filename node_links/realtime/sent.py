"""What a stream has sent lately."""

import time
from collections.abc import Iterable
from uuid import UUID

KEPT_SECONDS = 60.0


class Sent:
    """Ids that must not be sent again, kept for as long as they could be told twice."""

    def __init__(self, ids: Iterable[UUID] = ()) -> None:
        now = time.monotonic()
        self._at: dict[UUID, float] = dict.fromkeys(ids, now)

    def new(self, ids: Iterable[UUID]) -> list[UUID]:
        """Return those of `ids` that were not sent, each once, in their order."""
        return [told for told in dict.fromkeys(ids) if told not in self._at]

    def add(self, told: UUID) -> None:
        """Remember that this one was sent."""
        self._at[told] = time.monotonic()

    def forget_old(self) -> None:
        """Forget what is too old to be told again, measured by the newest."""
        newest = next(reversed(self._at.values()), 0.0)
        while self._at and next(iter(self._at.values())) < newest - KEPT_SECONDS:
            del self._at[next(iter(self._at))]
