"""What leaves with an event: a delivery per subscriber, and a notice for those who listen.

`EVENTS` carries a notice of each event that was committed, for whoever follows what happens;
`DELIVERIES` the name of a subscriber whose deliveries became due without a new event, or because
somebody had asked for the event.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import connection

from config.ids import uuid7
from node_links.events.subscribing import Subscriber

EVENTS = "nodeloom_events"
DELIVERIES = "nodeloom_deliveries"

_NOTICED = {"id", "organization", "type", "feature", "entity", "execution", "user"}


def addressed_to(wanting: Sequence[Subscriber]) -> dict[str, Any]:
    """Return the parameters `deliveries` (ids), `subscribers` (names), `asking` (those of them who
    hear only of what somebody asked for) and `bell` (the channel for these) of the recording SQL.
    """
    return {
        "deliveries": [uuid7() for _ in wanting],
        "subscribers": [subscriber.name for subscriber in wanting],
        "asking": [subscriber.name for subscriber in wanting if subscriber.asked],
        "bell": DELIVERIES,
    }


@cache
def wanted_sql(asking: tuple[Subscriber, ...], organization: str, event_type: str) -> str:
    """Return SQL that says whether `subscriber` is to hear of an event, given these expressions.

    Whoever hears only of what somebody asked for is asked by the database's own function, whose
    plan a session keeps.
    """
    cases = [f"WHEN '{one.name}' THEN {one.asked}({organization}, {event_type})" for one in asking]
    return f"CASE subscriber {' '.join(cases)} ELSE true END" if cases else "true"


def notice_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters `channel` and `notice` of the recording SQL.

    A notice is JSON: id, organization, type, feature, entity, user, and execution where there is
    one. It stays far below the 8000 bytes that PostgreSQL takes.
    """
    told = {key: event[key] for key in sorted(_NOTICED & event.keys())}
    return {"channel": EVENTS, "notice": orjson.dumps(told).decode()}


def ring_for(names: Sequence[str]) -> None:
    """Wake the relays for these subscribers once the running transaction has been committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, name) FROM unnest(%s::text[]) AS name",
                       [DELIVERIES, sorted(set(names))])  # fmt: skip
