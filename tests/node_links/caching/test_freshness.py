"""Nobody reads a state that has passed: whoever wrote, whatever failed, whoever came late."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django_redis import get_redis_connection

from accounts.tenancy import scope, system_scope
from config import valkey
from config.cache import CacheService, cache
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.api import cached
from node_links.caching import bodies
from tests.factories import Cast, make_sop
from tests.knowledge_base.observing import address
from tests.node_links.caching.observing import (
    get,
    got,
    got_from_cache,
    got_from_database,
    revisions_kept,
    states_kept,
)
from tests.observing import refused

Write = Callable[[Any, Sop], Any]


@pytest.fixture
def sop(cast: Cast) -> Sop:
    """Return an SOP that is in the cache."""
    sop = make_sop(cast.editor)
    got(cast.admin, sop)
    got_from_cache(cast.admin, sop)
    return sop


def post(name: str, body: dict[str, Any], client: Any, sop: Sop) -> Any:
    return client.post(address(sop, f"{name}/"), body)


def patch(body: dict[str, Any], client: Any, sop: Sop) -> Any:
    return client.patch(address(sop), body)


WRITES: dict[str, list[Write]] = {
    "a text": [partial(patch, {"content": "Another text."})],
    "tags": [partial(patch, {"tags": ["a", "b"]})],
    "metadata": [partial(patch, {"metadata": {"bb": 1.50, "a": {"x": [None, True, "\u2028"]}}})],
    "nothing": [partial(patch, {"tags": []})],
    "publishing": [partial(post, "publish", {})],
    "a draft": [partial(post, "publish", {}), partial(post, "versions", {"bump": "major"})],
    "a rollback": [
        partial(post, "publish", {}),
        partial(post, "versions", {"bump": "minor"}),
        partial(patch, {"content": "A mistake."}),
        partial(post, "versions/1.0.0/rollback", {}),
    ],
    "archiving": [partial(post, "archive", {"reason": "old"})],
    "archiving with its links": [partial(post, "archive", {"cleanup_links": True})],
}


@pytest.mark.parametrize("name", WRITES)
def test_after_a_write_everybody_reads_what_it_wrote(cast: Cast, sop: Sop, name: str) -> None:
    client = cast.admin.client
    for write in WRITES[name]:
        response = write(client, sop)
        assert response.status_code in (200, 201), response.content
        answered = response.json()
        answered.pop("links_removed", None)

        assert got(cast.viewer, sop) == answered
    # What a write leaves in the cache is what the database would answer.
    assert got_from_database(cast.viewer, sop) == answered


def test_a_write_leaves_its_own_state_for_the_next_reader(cast: Cast, sop: Sop) -> None:
    assert cast.editor.client.patch(address(sop), {"tags": ["a"]}).status_code == 200

    assert revisions_kept(sop)[-1] == 2
    assert got_from_cache(cast.viewer, sop)["tags"] == ["a"]


def test_what_is_created_is_there_for_the_next_reader(cast: Cast) -> None:
    made = cast.editor.client.post("/api/v1/sops/", {"title": "New", "content": "New."}).json()

    sop = Sop(pk=made["id"], organization_id=cast.organization.pk)
    assert got_from_cache(cast.viewer, sop)["title"] == "New"


def test_what_is_deleted_is_gone_and_comes_back_as_it_was(cast: Cast, sop: Sop) -> None:
    before = got(cast.viewer, sop)

    assert cast.admin.client.delete(address(sop)).status_code == 204
    refused(get(cast.viewer, sop), 404, "not_found")
    refused(get(cast.viewer, sop, if_none_match='"1"'), 404, "not_found")
    assert cast.admin.client.post(address(sop, "restore/")).status_code == 200

    after = got_from_cache(cast.viewer, sop)
    changed = {"revision": 3, "updated_at": after["updated_at"]}
    assert after == {**before, **changed}


def test_an_entity_tag_of_before_is_not_known_any_more(cast: Cast, sop: Sop) -> None:
    cast.editor.client.patch(address(sop), {"tags": ["a"]})

    response = get(cast.viewer, sop, if_none_match='"1"')

    assert (response.status_code, response["ETag"]) == (200, '"2"')


def test_it_is_fresh_where_nothing_could_be_dropped_after_the_commit(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(CacheService, "invalidate_by_tag", fail)
    monkeypatch.setattr(CacheService, "set_bytes", fail)
    response = cast.editor.client.patch(address(sop), {"tags": ["a"]})
    monkeypatch.undo()

    assert response.status_code == 200
    assert revisions_kept(sop) == [1]
    assert got(cast.viewer, sop)["tags"] == ["a"]


def test_it_is_fresh_where_the_service_wrote_without_a_request(cast: Cast, sop: Sop) -> None:
    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"tags": ["a"]})

    assert got(cast.viewer, sop)["tags"] == ["a"]


def test_it_is_fresh_after_valkey_was_away(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    away: list[Any] = []

    def no_answer(question: Any, otherwise: Any) -> Any:
        away.append(question)
        return otherwise

    monkeypatch.setattr(valkey, "ask", no_answer)

    assert cast.editor.client.patch(address(sop), {"tags": ["a"]}).status_code == 200
    bodies.nearby.clear()
    while_away = got(cast.viewer, sop)["tags"]
    monkeypatch.undo()

    assert away
    assert while_away == ["a"]
    assert revisions_kept(sop) == [1]
    assert got(cast.viewer, sop)["tags"] == ["a"]


def test_a_slow_reader_stores_what_nobody_asks_for(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_redis_connection("default").flushdb()
    bodies.nearby.clear()
    loaded, written = threading.Event(), threading.Event()
    answers: list[Any] = []

    def wait_then_store(entity: Any, body: bytes) -> None:
        if threading.current_thread() is reader:
            loaded.set()
            assert written.wait(timeout=20)
        bodies.store_body(entity, body)

    def read() -> None:
        answers.append(get(cast.viewer, sop).json())
        connections.close_all()

    monkeypatch.setattr(cached, "store_body", wait_then_store)
    reader = threading.Thread(target=read)
    reader.start()
    assert loaded.wait(timeout=20)
    assert cast.editor.client.patch(address(sop), {"tags": ["a"]}).status_code == 200
    written.set()
    reader.join(timeout=20)

    assert answers[0]["tags"] == []
    assert revisions_kept(sop) == [1, 2]
    assert got_from_cache(cast.viewer, sop)["tags"] == ["a"]
    bodies.nearby.clear()
    assert got_from_cache(cast.viewer, sop)["tags"] == ["a"]


def test_of_two_writers_at_once_the_later_one_is_read(cast: Cast, sop: Sop) -> None:
    start = threading.Barrier(2)

    def write(tag: str) -> None:
        client = cast.editor.client
        start.wait(timeout=20)
        for turn in range(5):
            assert client.patch(address(sop), {"tags": [f"{tag}{turn}"]}).status_code == 200
        connections.close_all()

    writers = [threading.Thread(target=write, args=(tag,)) for tag in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)

    shown = got(cast.viewer, sop)
    with scope(cast.viewer.actor):
        stored = Sop.objects.get(pk=sop.pk)
    assert (shown["revision"], shown["tags"]) == (11, stored.tags)
    assert shown == got_from_database(cast.viewer, sop)


def test_a_write_that_is_rolled_back_leaves_nothing(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, kept = got(cast.viewer, sop), states_kept(sop)

    stale = cast.editor.client.patch(address(sop), {"tags": ["a"]}, headers={"If-Match": '"9"'})
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert cast.editor.client.patch(address(sop), {"tags": ["b"]}).status_code == 200
        raise ZeroDivisionError

    refused(stale, 412, "revision_conflict")
    assert states_kept(sop) == kept
    assert got_from_cache(cast.viewer, sop) == before


def test_a_revision_that_was_given_a_second_time_is_another_state(cast: Cast, sop: Sop) -> None:
    """As after the restore of a backup: the number is old, the text is not."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_base_sops SET tags = '{z}', updated_at = updated_at"
            " + interval '1 microsecond' WHERE sop_id = %s",
            [sop.pk],
        )

    shown = got(cast.viewer, sop)

    assert (shown["revision"], shown["tags"]) == (1, ["z"])


def test_values_of_the_service_are_apart_from_bodies(cast: Cast, sop: Sop) -> None:
    assert cache.clear(f"{cast.stranger.organization.pk}:*") == 0
    assert cache.clear(f"{cast.organization.pk}:*") == 1
    assert revisions_kept(sop) == []
