"""Values of front matter, checked and brought into the one form that a record keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from knowledge_base.sources.exceptions import SourceError

MAX_LIST_ITEMS = 50
MAX_ITEM_LENGTH = 50


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Takes fields out of the `metadata` of the file `path`; what is left over is kept as it is."""

    path: str
    metadata: dict[str, Any]

    def text(self, *keys: str, limit: int) -> str | None:
        """The first of `keys` that is there, trimmed; None when none is, empty for null."""
        value, key = self._take(keys)
        if key is None:
            return None
        if value is not None and not isinstance(value, str | int | float):
            raise self._invalid(key, "must be text")
        text = "" if value is None else str(value).strip()
        if len(text) > limit:
            raise self._invalid(key, f"must not exceed {limit} characters")
        return text

    def identifier(self, key: str) -> str:
        """The UUID under `key`, or empty; anything else under that key is somebody else's."""
        value = self.metadata.get(key)
        try:
            found = str(UUID(value)) if isinstance(value, str) else ""
        except ValueError:
            return ""
        return self.metadata.pop(key, "") and found

    def rest(self, key: str) -> dict[str, Any]:
        """What no field took, together with the members of a mapping under `key`."""
        if not isinstance(self.metadata.get(key), dict):
            return self.metadata
        own: dict[str, Any] = self.metadata.pop(key)
        return {**self.metadata, **own}

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of `choices`, or `default` when there is none."""
        value = self.text(key, limit=MAX_ITEM_LENGTH) or default
        if value not in choices:
            raise self._invalid(key, f"must be one of {', '.join(filter(None, choices))}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false, or `default` when there is none."""
        value, found = self._take((key,))
        if found is None or value is None:
            return default
        if not isinstance(value, bool):
            raise self._invalid(key, "must be true or false")
        return value

    def day(self, key: str) -> str:
        """A date (ISO 8601, `2026-12-01`) as text, or empty when there is none."""
        text = self.text(key, limit=MAX_ITEM_LENGTH)
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            raise self._invalid(key, "must be a date such as 2026-12-01") from None

    def words(
        self, *keys: str, lower: bool = False, limit: int = MAX_ITEM_LENGTH
    ) -> tuple[str, ...]:
        """Unique items in order, from a list or from text with commas; empty without any."""
        value, key = self._take(keys)
        items = value.split(",") if isinstance(value, str) else value
        if key is None or items is None:
            return ()
        if not isinstance(items, list):
            raise self._invalid(key, "must be a list of texts")
        if not all(isinstance(item, str | int | float) for item in items):
            raise self._invalid(key, "must hold texts only")
        texts = (str(item).strip() for item in items)
        unique = tuple(dict.fromkeys(text.lower() if lower else text for text in texts if text))
        if len(unique) > MAX_LIST_ITEMS:
            raise self._invalid(key, f"must not hold more than {MAX_LIST_ITEMS} items")
        if any(len(item) > limit for item in unique):
            raise self._invalid(key, f"must hold items of at most {limit} characters")
        return unique

    def _take(self, keys: Sequence[str]) -> tuple[Any, str | None]:
        for key in keys:
            if key in self.metadata:
                return self.metadata.pop(key), key
        return None, None

    def _invalid(self, key: str, reason: str) -> SourceError:
        return SourceError(self.path, "invalid_field", f"The front matter field {key} {reason}.")
