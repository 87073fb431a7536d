"""What reached the subscribers, beside what is in the store."""

from collections import defaultdict
from uuid import UUID

from tests.faults.installation import Installation
from tests.faults.writing import Writers

History = dict[str, list[int]]


def heard(installation: Installation, subscriber: str) -> History:
    """Return the sequences that `subscriber` heard of each SOP, in the order of hearing."""
    rows = installation.rows(
        "SELECT entity_id, sequence FROM observed_effects WHERE subscriber = %s ORDER BY place",
        subscriber,
    )
    return _by_entity(rows)


def stored(installation: Installation) -> History:
    """Return the sequences of each SOP's changes, in their order."""
    rows = installation.rows(
        "SELECT entity_id, sequence FROM node_events WHERE event_type = 'SopUpdated'"
        " ORDER BY entity_id, sequence"
    )
    return _by_entity(rows)


def written(installation: Installation, sop: str, name: str) -> list[str]:
    """Return what the writers of this name have written into an SOP, one after the other."""
    rows = installation.rows(
        "SELECT data #>> '{changes,summary,new}' FROM node_events"
        " WHERE event_type = 'SopUpdated' AND entity_id = %s"
        " AND starts_with(data #>> '{changes,summary,new}', %s) ORDER BY sequence",
        UUID(sop),
        name,
    )
    return [value for (value,) in rows]


def behind(installation: Installation, subscriber: str) -> int:
    """Return how many deliveries wait."""
    [(count,)] = installation.rows(
        "SELECT count(*) FROM event_deliveries WHERE subscriber = %s AND status = 'pending'",
        subscriber,
    )
    return int(count)


def assert_nothing_lost(writers: Writers) -> None:
    """Each acknowledged write is one event, and the sequence has neither gaps nor twins.

    A write whose answer got lost may be in the store as well; nobody had counted on it.
    """
    for sop, count in writers.acknowledged.items():
        found = written(writers.installation, sop, writers.name)
        assert found[:count] == [f"{writers.name} {number}" for number in range(1, count + 1)]
        assert len(found) - count in (0, 1)
    for numbers in stored(writers.installation).values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _by_entity(rows: list[tuple[UUID, int]]) -> History:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for entity, sequence in rows:
        found[str(entity)].append(sequence)
    return dict(found)
