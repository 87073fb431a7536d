"""Views that ask the database something in the statement that lets their caller in."""

from collections.abc import Sequence
from typing import Any

from accounts.tenancy import Question


class AsksAhead:
    """Base of such views; authentication asks for them."""

    def question(self) -> Question | None:
        """Return what this request asks; None: nothing."""
        return None

    def take_answer(self, answer: Sequence[Any]) -> None:
        """Take the values of the answer's first row; all None where there was none."""
