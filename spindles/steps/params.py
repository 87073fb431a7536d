"""What the parameters of all kinds have in common, and reading them before they are checked."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

YEAR = 366 * 86_400
"""The longest wait, in seconds."""


def _live_is_none(version: Any) -> Any:
    return None if version in ("published", "") else version


Pin = Annotated[
    Annotated[str, Field(pattern=r"^\d{1,9}\.\d{1,9}\.\d{1,9}$")] | None,
    BeforeValidator(_live_is_none),
]
"""A version that is pinned; None, also written `published`, is the live one."""


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


def version_at(params: Mapping[str, Any]) -> str | None:
    """Return the version that unchecked parameters pin; None for the live one, or a template."""
    version: str | None = _live_is_none(text_at(params, "version"))
    return None if version is None or "${{" in version else version
