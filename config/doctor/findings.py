"""What the doctor found: one line of what is, and one of what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only `wrong` makes the command fail."""

    OK = "ok"
    ADVICE = "advice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined thing. `remedy` is empty only where nothing has to be done."""

    subject: str
    level: Level
    message: str
    remedy: str = ""


def fine(subject: str, message: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(subject, Level.OK, message)


def advice(subject: str, message: str, remedy: str) -> Finding:
    """Return a finding that can wait."""
    return Finding(subject, Level.ADVICE, message, remedy)


def wrong(subject: str, message: str, remedy: str) -> Finding:
    """Return a finding that keeps the platform from working, or from being safe."""
    return Finding(subject, Level.WRONG, message, remedy)
