"""Names that models may have, made of names that others gave."""

import re
import unicodedata
from collections.abc import Collection

MIN_NAME, MAX_NAME = 3, 100
_LEGAL = re.compile(rf"[A-Za-z0-9 _-]{{{MIN_NAME},{MAX_NAME}}}\Z", re.ASCII)
_OTHER = re.compile(r"[^A-Za-z0-9 _-]+", re.ASCII)


def is_legal(name: str) -> bool:
    """Say whether a model may be called so."""
    return name == name.strip() and _LEGAL.match(name) is not None


def legal_name(text: str) -> str:
    """Return `text` with accents dropped and everything that names may not hold made a space."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = " ".join(_OTHER.sub(" ", plain).split())[:MAX_NAME].strip()
    return name if len(name) >= MIN_NAME else f"Model {name}".strip()


def free_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, or it with the first number that makes it unlike all in `taken` (lower)."""
    number, found = 1, name
    while found.lower() in taken:
        number += 1
        found = f"{name[: MAX_NAME - len(str(number)) - 1]} {number}"
    return found
