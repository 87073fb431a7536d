"""What the parameters of all kinds have in common, and reading them before they are checked."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

YEAR = 366 * 86_400
"""The longest wait, in seconds."""


class Params(BaseModel):
    """Base of the parameters of a kind: what it does not know is refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_by_name=True
    )


def objects_in(params: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (index, member) of each object in the list `name` of parameters nobody checked yet."""
    members = params.get(name)
    if isinstance(members, list):
        for index, member in enumerate(members):
            if isinstance(member, Mapping):
                yield index, member


def text_at(params: Mapping[str, Any], name: str) -> str | None:
    """Return the text under `name`, or None where there is none."""
    value = params.get(name)
    return value if isinstance(value, str) and value else None
