"""Version numbers `x.y.z`: three integers, ordered as numbers; there are no pre-releases."""

import re
from dataclasses import dataclass

from config.exceptions import ValidationFailed
from node_links.choices import Bump

_NUMBER = re.compile(r"\A(\d{1,9})\.(\d{1,9})\.(\d{1,9})\Z", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """A version number. `01.2.3` is `1.2.3`; `1.10.0` comes after `1.9.0`."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str, *, pointer: str = "/version") -> "Version":
        """Read a number. Raises `ValidationFailed` (`invalid_version`) for anything else."""
        match = _NUMBER.match(text)
        if match is None:
            raise ValidationFailed.of(
                pointer, "invalid_version", "A version is three integers, such as 1.2.0."
            )
        return cls(*(int(part) for part in match.groups()))

    def bumped(self, bump: Bump) -> "Version":
        """Return the next number: major x+1.0.0, minor x.y+1.0, patch x.y.z+1."""
        if bump == Bump.MAJOR:
            return Version(self.major + 1, 0, 0)
        if bump == Bump.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)

    def bump_to(self, other: "Version") -> Bump | None:
        """Return which of the three next steps leads to `other`, or None."""
        return next((bump for bump in Bump if self.bumped(bump) == other), None)

    def __str__(self) -> str:
        """Return `x.y.z`."""
        return f"{self.major}.{self.minor}.{self.patch}"
