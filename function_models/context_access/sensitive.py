"""Keys whose values are shown to the node itself and the nodes above it only."""

from collections.abc import Iterable
from typing import Any

_MARKS = ("privatedata", "credential", "secret", "token", "password", "apikey", "keys")


def is_sensitive(key: str) -> bool:
    """Say whether a key names something secret, whatever its case, `_` and `-`."""
    plain = key.lower().replace("_", "").replace("-", "")
    return any(mark in plain for mark in _MARKS)


def without_sensitive(data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` without its sensitive keys, at every depth."""
    return {key: _stripped(value) for key, value in data.items() if not is_sensitive(key)}


def sensitive_among(keys: Iterable[str]) -> list[str]:
    """Return the sensitive ones of `keys`, sorted."""
    return sorted(key for key in keys if is_sensitive(key))


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return without_sensitive(value)
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    return value
