"""What an act means: services say it, and the rows that triggers write meanwhile carry it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import connection

_SETTINGS = ("app.event_type", "app.event_data")
_SET = "SELECT set_config(%s, %s, true), set_config(%s, %s, true)"


@contextmanager
def annotate(*, event_type: str, event_data: dict[str, Any]) -> Iterator[None]:
    """Give the audit rows of the block this type and data (`action` and what belongs to it).

    Needs a running transaction. Members of `event_data` that are None are left out. An error ends
    the annotation with the transaction, or with the savepoint that is rolled back.
    """
    present = {key: value for key, value in event_data.items() if value is not None}
    _set(event_type, orjson.dumps(present).decode())
    yield
    _set("", "")


def _set(event_type: str, event_data: str) -> None:
    pairs = zip(_SETTINGS, (event_type, event_data), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_SET, [part for pair in pairs for part in pair])
