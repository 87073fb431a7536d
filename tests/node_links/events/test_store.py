"""The store itself: checked, ordered, for good."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.db import ProgrammingError, connection, transaction

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.events.catalogue import Changed
from node_links.events.checks import check_event_types
from node_links.events.reading import event_of
from node_links.events.recording import record_event
from node_links.events.types import (
    Absent,
    EventData,
    EventType,
    EventTypeRegistry,
    InvalidEvent,
    event_types,
)
from node_links.models import NodeEvent
from node_links.services.event_types import register_event_type
from node_links.services.publishing import Publication, Published, publish_event, publish_events
from tests.factories import Cast, make_cast, make_sop
from tests.knowledge_base.observing import everything
from tests.observing import event_types as types_of

WRITERS = 16
T = TypeVar("T")


class Shelf(EventData):
    """The third shape of an event."""

    shelves: list[str]
    height: int
    reason: str | Absent = None


@pytest.fixture
def moved() -> Iterator[EventType]:
    """A type in its third version; the first had one shelf, the second no height."""
    made = EventType(
        "ShelfMoved",
        Shelf,
        version=3,
        upcasters={
            1: lambda data: {"shelves": [data["shelf"]]},
            2: lambda data: {**data, "height": 0},
        },
    )
    event_types.register(made)
    yield made
    event_types.unregister(made.name)


def restored(sop: Sop, cast: Cast, **data: Any) -> None:
    values = {"name": "x", "status": "draft", "version": "1.0.0", **data}
    record_event(actor=cast.editor.actor, entity=sop, event_type="SopRestored", data=values)


@pytest.mark.parametrize(
    ("event_type", "data", "message"),
    [
        ("SopRestored", {"name": "x"}, r"/status: Field required; /version: Field required"),
        ("SopRestored", {"name": "x", "status": "d", "version": None}, "/version: Field required"),
        ("SopUpdated", {"changes": {"title": {"old": 1}}}, "/changes/title/new: Field required"),
        ("SopUpdated", {"changes": {}, "colour": "secret"}, "/colour: Extra inputs"),
        ("SopExploded", {}, "No app declares the event type SopExploded"),
    ],
)
def test_an_invalid_event_fails_its_write_and_leaves_nothing(
    cast: Cast, event_type: str, data: dict[str, Any], message: str
) -> None:
    sop = make_sop(cast.editor)
    before = everything()

    with (
        scope(cast.editor.actor),
        pytest.raises(InvalidEvent, match=message) as failed,
        transaction.atomic(),
    ):
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"title": "Other"})
        record_event(actor=cast.editor.actor, entity=sop, event_type=event_type, data=data)

    assert "secret" not in str(failed.value)
    assert everything() == before


def test_a_refused_change_leaves_no_event_and_no_gap(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.editor.actor):
        with pytest.raises(LookupError), transaction.atomic():
            restored(sop, cast)
            raise LookupError
        restored(sop, cast)

    assert types_of(cast.editor, sop) == ["SopCreated", "SopRestored"]


@pytest.mark.parametrize(
    "statement", ["UPDATE node_events SET event_type = 'x'", "DELETE FROM node_events"]
)
def test_what_is_stored_is_neither_changed_nor_deleted(cast: Cast, statement: str) -> None:
    sop = make_sop(cast.editor)

    with (
        scope(cast.editor.actor),
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match="Cannot"),
        transaction.atomic(),
    ):
        cursor.execute(statement)

    assert types_of(cast.editor, sop) == ["SopCreated"]


@pytest.mark.parametrize(
    ("version", "data", "shown"),
    [
        (1, {"shelf": "a"}, {"shelves": ["a"], "height": 0}),
        (2, {"shelves": ["a", "b"]}, {"shelves": ["a", "b"], "height": 0}),
        (3, {"shelves": [], "height": 4}, {"shelves": [], "height": 4}),
    ],
)
def test_old_events_are_read_in_the_newest_shape_and_stay_as_they_were(
    cast: Cast, moved: EventType, version: int, data: dict[str, Any], shown: dict[str, Any]
) -> None:
    with scope(cast.editor.actor):
        event_id = record_event(
            actor=cast.editor.actor,
            entity=make_sop(cast.editor),
            event_type=moved.name,
            data=data,
            schema_version=version,
        )
        row = NodeEvent.objects.get(pk=event_id)
        event = event_of(row)

    assert (event.data, event.schema_version, event.stored_version) == (shown, 3, version)
    assert (row.data, row.schema_version) == (data, version)
    answer = cast.viewer.client.get(f"/api/v1/events/{event_id}/").json()
    assert (answer["schema_version"], answer["stored_version"]) == (3, version)


def test_a_new_event_is_checked_against_the_newest_version(cast: Cast, moved: EventType) -> None:
    event: dict[str, Any] = {
        "actor": cast.editor.actor,
        "entity": make_sop(cast.editor),
        "event_type": moved.name,
    }
    with scope(cast.editor.actor):
        with pytest.raises(InvalidEvent, match="ShelfMoved, version 3: /shelves"):
            record_event(**event, data={"shelf": "a"})
        event_id = record_event(**event, data={"shelves": ["a"], "height": 1, "reason": None})
        row = NodeEvent.objects.get(pk=event_id)

    assert (row.schema_version, row.data) == (3, {"shelves": ["a"], "height": 1})


def test_a_type_without_a_way_to_its_newest_shape_fails_the_checks() -> None:
    assert [found for found in run_checks() if found.id == "node_links.E001"] == []
    event_types.register(EventType("Torn", Changed, version=4, upcasters={2: dict}))
    try:
        found = check_event_types()
    finally:
        event_types.unregister("Torn")

    assert [(one.id, one.msg) for one in found] == [
        ("node_links.E001", "The event type Torn has no upcaster from version 1 to 2."),
        ("node_links.E001", "The event type Torn has no upcaster from version 3 to 4."),
    ]


def test_a_type_shows_the_schemas_of_the_versions_that_it_keeps() -> None:
    kept = EventType("Kept", Shelf, version=2, upcasters={1: dict}, earlier={1: Changed})

    schemas = kept.schemas()

    assert list(schemas) == [1, 2]
    assert schemas[1]["required"] == ["changes"]
    assert schemas[2]["properties"]["reason"] == {"title": "Reason", "type": "string"}


def test_a_name_is_declared_once() -> None:
    registry = EventTypeRegistry()
    registry.register(EventType("Shelved", Shelf))

    with pytest.raises(ValueError, match="There is an event type named Shelved already."):
        registry.register(EventType("Shelved", Changed))
    assert [found.name for found in registry.all()] == ["Shelved"]
    assert registry.get("Other") is None


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Run `work(0) … work(count - 1)` in threads that begin at the same moment."""
    barrier = Barrier(count)

    def run(number: int) -> T:
        try:
            barrier.wait(timeout=30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_of_one_aggregate_leave_no_gap() -> None:
    cast = make_cast()
    sop = make_sop(cast.editor)

    def write(number: int) -> None:
        for turn in range(5):
            with scope(cast.editor.actor):
                restored(sop, cast, version=f"{number}.{turn}.0")
                if turn == 2:
                    transaction.set_rollback(True)

    together(WRITERS, write)

    with scope(cast.editor.actor):
        rows = NodeEvent.objects.filter(entity_id=sop.pk).order_by("sequence")
        found = list(rows.values_list("sequence", "data__version"))
    assert [sequence for sequence, _ in found] == list(range(1, WRITERS * 4 + 2))
    # Each writer's own events stand in the order in which it wrote them.
    for number in range(WRITERS):
        own = [version for _, version in found[1:] if version.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}.0" for turn in (0, 1, 3, 4)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given", ["event_id", "dedup_key"])
def test_publications_of_one_event_that_arrive_together_are_one(given: str) -> None:
    cast = _with_type()
    key: dict[str, Any] = {"event_id": uuid4()} if given == "event_id" else {"dedup_key": "k"}
    publication = Publication("Pumped", {"n": 1}, **key)

    def publish(number: int) -> Published:
        with scope(cast.editor.actor):
            return publish_event(actor=cast.editor.actor, publication=publication)

    published = together(8, publish)

    assert sorted(one.is_new for one in published) == [False] * 7 + [True]
    assert len({one.event.id for one in published}) == 1
    with scope(cast.editor.actor):
        assert NodeEvent.objects.filter(event_type="Pumped").count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_over_the_same_aggregates_in_other_orders_do_not_block_each_other() -> None:
    cast = _with_type()
    sops = [make_sop(cast.editor, title=f"SOP {number}") for number in range(4)]
    asked = [Publication("Pumped", {}, feature_type=sop.feature_type, entity_id=sop.pk)
             for sop in sops] + [Publication("Pumped", {})]  # fmt: skip

    def publish(number: int) -> int:
        turned = asked if number % 2 else asked[::-1]
        with scope(cast.editor.actor):
            pointers = [""] * len(turned)
            return len(
                publish_events(actor=cast.editor.actor, publications=turned, pointers=pointers)
            )

    assert together(8, publish) == [5] * 8
    with scope(cast.editor.actor):
        rows = NodeEvent.objects.filter(event_type="Pumped", entity_id=cast.organization.pk)
        assert sorted(rows.values_list("sequence", flat=True)) == list(range(1, 9))


def _with_type() -> Cast:
    cast = make_cast()
    with scope(cast.admin.actor):
        register_event_type(actor=cast.admin.actor, name="Pumped", schema={})
    return cast


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("event_type = 'SopCreated' ORDER BY \"timestamp\" DESC", "node_events_type"),
        ('true ORDER BY "timestamp" DESC', "node_events_time"),
        ("correlation_id = 'r' ORDER BY \"timestamp\" DESC", "node_events_correlation"),
        (
            "execution_id = '01930d2c-5a4e-7c3b-9f10-6a4b8c2d1e0f' ORDER BY \"timestamp\" DESC",
            "node_events_execution",
        ),
        (
            "feature_type = 'spindle' AND entity_id = '01930d2c-5a4e-7c3b-9f10-6a4b8c2d1e0f'"
            " ORDER BY sequence",
            "node_events_order",
        ),
    ],
)
def test_every_list_is_read_in_order_from_an_index(cast: Cast, condition: str, index: str) -> None:
    with scope(cast.viewer.actor), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
                       " SET LOCAL enable_sort = off")  # fmt: skip
        cursor.execute(
            "EXPLAIN SELECT * FROM node_events WHERE organization_id = %s AND "  # noqa: S608 - the conditions stand above
            f"{condition} LIMIT 20",
            [cast.organization.pk],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert f"using {index} " in plan
    assert "Sort" not in plan
