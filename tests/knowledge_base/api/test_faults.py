"""What still works while something underneath is down, and that it comes back by itself."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from config import valkey
from config.doorbells import broker_outage
from node_links.models import NodeEvent
from node_links.search.backlog import backlog_size, drain
from tests.factories import Cast, Person, make_cast, make_sop
from tests.http_server import http_server
from tests.knowledge_base.observing import SOPS, address, everything
from tests.observing import event_types, events, refused

LEAST = {"title": "Quokka", "content": "Feed the quokka."}
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _nothing_is_known_of_outages() -> Iterator[None]:
    valkey.outage.reset()
    broker_outage.reset()
    yield
    valkey.outage.reset()
    broker_outage.reset()


@pytest.fixture
def people(transactional_db: None) -> Cast:
    """Return the cast in a database whose transactions are really committed."""
    return make_cast()


def test_without_valkey_writes_and_searches_succeed(people: Cast, settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": DEAD}}
    client = people.editor.client

    created = client.post(SOPS, LEAST)
    assert created.status_code == 201
    assert client.patch(address(created.json()["id"]), {"tags": ["x"]}).status_code == 200
    assert drain() == 1
    for mode in ("text", "hybrid"):
        found = client.get(f"{SOPS}search/?q=quokka&mode={mode}").json()
        assert (found["count"], found["degraded"]) == (1, False)


def test_without_the_embedder_the_backlog_grows_and_drains_afterwards(
    people: Cast, settings: Settings
) -> None:
    settings.EMBEDDER, settings.RETRY_TRIES, settings.RETRY_DELAY = "openai", 1, 0.01
    with http_server() as gone:
        settings.OPENAI_BASE_URL = gone.url
    client = people.editor.client

    assert client.post(SOPS, LEAST).status_code == 201
    assert client.post(SOPS, LEAST).status_code == 201
    assert drain() == 0
    assert backlog_size(people.organization.pk) == 2
    found = client.get(f"{SOPS}search/?q=quokka").json()
    assert (found["count"], found["degraded"]) == (2, True)
    assert found["results"][0]["semantic_rank"] is None
    assert client.get(f"{SOPS}search/?q=quokka&mode=semantic").status_code in (502, 503)

    settings.EMBEDDER = "local"
    with scope(people.editor.actor), connection.cursor() as cursor:
        cursor.execute("UPDATE node_index_backlog SET not_before = now()")
    assert drain() == 2
    assert backlog_size(people.organization.pk) == 0
    found = client.get(f"{SOPS}search/?q=quokka").json()
    assert (found["count"], found["degraded"]) == (2, False)


def test_without_postgresql_requests_are_put_off_and_recover(people: Cast) -> None:
    sop = make_sop(people.editor)
    client = people.editor.client
    alive = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT="1")
    try:
        for response in (
            client.get(address(sop)),
            client.post(SOPS, LEAST),
            client.patch(address(sop), {"title": "x"}),
        ):
            refused(response, 503, "db_connection_error")
            assert int(response["Retry-After"]) >= 1
            assert response["Content-Type"] == "application/problem+json"
    finally:
        connection.close()
        connection.settings_dict.update(PORT=alive[0], HOST=alive[1])

    assert client.get(address(sop)).json()["title"] == sop.title
    assert client.post(SOPS, LEAST).status_code == 201


def test_events_of_concurrent_writers_count_without_gap_or_twin(people: Cast) -> None:
    sop = make_sop(people.editor)
    answers: list[int] = []

    def write(number: int) -> None:
        try:
            response = people.editor.client.patch(address(sop), {"tags": [str(number)]})
            answers.append(response.status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers == [200] * 8
    assert event_types(people.editor, sop) == ["SopCreated"] + ["SopUpdated"] * 8
    assert people.editor.client.get(address(sop)).json()["revision"] == 9


def test_of_writers_with_the_same_revision_one_wins(people: Cast) -> None:
    sop = make_sop(people.editor)
    answers: list[int] = []

    def write(number: int) -> None:
        try:
            response = people.editor.client.patch(
                address(sop), {"title": str(number)}, HTTP_IF_MATCH='"1"'
            )
            answers.append(response.status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(answers) == [200, 412, 412, 412]
    assert event_types(people.editor, sop) == ["SopCreated", "SopUpdated"]


def test_a_reader_does_not_wait_for_a_writer(people: Cast) -> None:
    sop = make_sop(people.editor)
    answers: list[Any] = []

    def read() -> None:
        try:
            answers.append(people.viewer.client.get(address(sop)).json()["last_viewed_at"])
        finally:
            connections.close_all()

    with scope(people.editor.actor), connection.cursor() as cursor:
        cursor.execute("SELECT FROM knowledge_base_sops WHERE sop_id = %s FOR UPDATE", [sop.pk])
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(5)
        waiting = thread.is_alive()
    thread.join(30)

    assert (waiting, answers) == (False, [None])


def forge(person: Person, statement: str) -> None:
    with scope(person.actor), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_events_carry_the_request_and_can_be_neither_changed_nor_deleted(cast: Cast) -> None:
    created = cast.editor.client.post(SOPS, LEAST, HTTP_X_REQUEST_ID="request-12345").json()
    before = everything()

    for statement in ("UPDATE node_events SET data = '{}'", "DELETE FROM node_events"):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"):
            forge(cast.editor, statement)

    assert everything() == before
    with scope(cast.editor.actor):
        event = NodeEvent.objects.get(entity_id=created["id"])
        assert (event.event_type, event.correlation_id) == ("SopCreated", "request-12345")
        assert (event.user_id, event.node_id) == (cast.editor.user.pk, None)
    assert events(cast.editor, created["id"]) == [
        ("SopCreated", {"name": "Quokka", "version": "1.0.0"})
    ]


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_leaves_no_event_and_no_gap(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    with scope(cast.editor.actor), pytest.raises(RuntimeError), transaction.atomic():
        make_sop(cast.editor)
        assert cast.editor.client.patch(address(sop), {"title": "x"}).status_code == 200
        raise RuntimeError
    cast.editor.client.patch(address(sop), {"title": "y"})

    assert event_types(cast.editor, sop) == ["SopCreated", "SopUpdated"]
