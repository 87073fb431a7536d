"""An entity that was read before is answered from the cache, exactly as it was and up to date."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_redis import get_redis_connection

from accounts.tenancy import scope, system_scope
from config.cache import cache
from knowledge_base.models import Sop
from node_links.caching.bodies import body_key, nearby
from node_links.choices import FeatureType, LinkOrigin
from node_links.graph.linked import linked_entities
from node_links.models import NodeLink, NodeMetadata
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import SOPS, address
from tests.node_links.caching.observing import (
    get,
    got,
    got_from_cache,
    got_from_database,
    lookups,
    revisions_kept,
)
from tests.observing import refused

LOOK_AHEAD = "SELECT * FROM look_ahead(%s, %s, %s::regclass, %s, %s, %s)"


def link(person: Person, sop: Sop, feature: FeatureType, *, outwards: bool) -> NodeMetadata:
    """Link the SOP with a node of another feature and return that node."""
    with scope(person.actor):
        own = NodeMetadata.objects.get(feature_type=sop.feature_type, entity_id=sop.pk)
        other = NodeMetadata.objects.create(
            organization_id=sop.organization_id,
            feature_type=feature,
            entity_id=NodeMetadata().pk,
            node_type="entity",
            name="Other",
        )
        source, target = (own, other) if outwards else (other, own)
        NodeLink.objects.create(
            organization_id=sop.organization_id,
            source=source,
            target=target,
            source_feature=source.feature_type,
            source_entity_id=source.entity_id,
            target_feature=target.feature_type,
            target_entity_id=target.entity_id,
            link_type="references",
            origin=LinkOrigin.MANUAL,
        )
    return other


def test_the_second_read_comes_from_the_cache_and_is_the_same(cast: Cast) -> None:
    sop = make_sop(cast.editor, metadata={"b": 1, "aa": [1.5, None, "ü"]}, tags=["x"])
    got(cast.viewer, sop)  # notes the look

    first = got_from_database(cast.viewer, sop)
    second = got_from_cache(cast.admin, sop)

    assert list(second.items()) == list(first.items())
    assert revisions_kept(sop) == [1]


def test_another_process_finds_in_valkey_what_this_one_has_read(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    got(cast.viewer, sop)
    nearby.clear()

    assert got_from_cache(cast.viewer, sop)["title"] == sop.title


def test_a_read_from_the_cache_is_one_question_to_the_database(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    got(cast.viewer, sop)
    client = cast.viewer.client

    with CaptureQueriesContext(connection) as captured:
        assert client.get(address(sop)).status_code == 200

    statements = [query["sql"].split()[0] for query in captured]
    assert statements == ["BEGIN", "SELECT", "COMMIT"]


@pytest.mark.parametrize("outwards", [True, False])
def test_links_show_at_once_though_they_are_no_new_revision(cast: Cast, outwards: bool) -> None:
    sop = make_sop(cast.editor)
    got(cast.viewer, sop)

    others = [
        link(cast.editor, sop, FeatureType.SPINDLE, outwards=outwards),
        link(cast.editor, sop, FeatureType.SPINDLE, outwards=not outwards),
        link(cast.editor, sop, FeatureType.EVENT_STORM, outwards=outwards),
    ]
    shown = got_from_cache(cast.viewer, sop)
    with scope(cast.viewer.actor):
        linked = linked_entities(
            actor=cast.viewer.actor, feature_type=sop.feature_type, entity_ids=[sop.pk]
        )

    assert shown["linked_spindles"] == sorted(str(node.entity_id) for node in others[:2])
    assert shown["linked_event_storms"] == [str(others[2].entity_id)]
    assert shown["linked_function_models"] == []
    assert {kind: [str(one) for one in found] for (_, kind), found in linked.items()} == {
        "spindle": shown["linked_spindles"],
        "event-storm": shown["linked_event_storms"],
    }
    assert shown == got_from_database(cast.viewer, sop)


def test_links_of_deleted_nodes_are_left_out(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    node = link(cast.editor, sop, FeatureType.SPINDLE, outwards=True)
    assert got(cast.viewer, sop)["linked_spindles"] == [str(node.entity_id)]

    with scope(cast.editor.actor):
        NodeMetadata.objects.filter(pk=node.pk).update(deleted_at=sop.created_at)

    assert got_from_cache(cast.viewer, sop)["linked_spindles"] == []


def test_the_last_look_is_the_present_one(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    assert got(cast.viewer, sop)["last_viewed_at"] is None
    shown = got_from_cache(cast.viewer, sop)["last_viewed_at"]

    assert shown is not None
    assert shown == got_from_database(cast.viewer, sop)["last_viewed_at"]


def test_a_known_entity_tag_is_answered_without_a_body_from_anywhere(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    got(cast.viewer, sop)
    counted = lookups("hit"), lookups("miss")

    with CaptureQueriesContext(connection) as captured:
        response = get(cast.viewer, sop, if_none_match='W/"1"')

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", '"1"')
    assert (lookups("hit"), lookups("miss")) == counted
    assert not [query for query in captured if "content" in query["sql"]]
    assert get(cast.viewer, sop, if_none_match='"2"').status_code == 200


def test_head_answers_the_headers_of_a_cached_read(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    read = get(cast.viewer, sop)

    response = cast.viewer.client.head(address(sop))

    assert response.status_code == 200
    names = ("ETag", "Content-Type")
    assert [response[name] for name in names] == [read[name] for name in names]


@pytest.mark.parametrize(
    "damaged", [b"", b"00000000\x1e{}", b"not for us", b"00000000\x1e{\x1e\x1e\x1e\x1e}"]
)
def test_what_another_release_has_stored_is_not_served(cast: Cast, damaged: bytes) -> None:
    sop = make_sop(cast.editor)
    before = got(cast.viewer, sop)
    nearby.clear()
    cache.set_bytes(body_key(sop), damaged)

    after = got(cast.viewer, sop)

    assert {**after, "last_viewed_at": None} == {**before, "last_viewed_at": None}


def test_an_address_with_parameters_is_read_as_ever(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    got(cast.admin, sop)
    client = cast.admin.client

    refused(client.get(address(sop, "?colour=red")), 400, "validation_error")
    refused(client.get(address(sop, "?deleted=true")), 404, "not_found")
    assert client.get(address(sop, "?deleted=false")).json()["id"] == str(sop.pk)


@pytest.mark.parametrize("pk", ["nothing", "00000000-0000-0000-0000-000000000000", "%00"])
def test_what_is_not_there_is_not_found(cast: Cast, pk: str) -> None:
    refused(cast.viewer.client.get(f"{SOPS}{pk}/"), 404, "not_found")


def test_without_valkey_it_is_read_from_the_database(cast: Cast, valkey_away: Any) -> None:
    sop = make_sop(cast.editor)
    first = got(cast.viewer, sop)
    nearby.clear()

    assert got(cast.viewer, sop)["content"] == first["content"]


def test_of_uneven_reads_with_writes_among_them_four_fifths_are_hits(cast: Cast) -> None:
    sops = [make_sop(cast.editor, title=f"Page {number}") for number in range(12)]
    get_redis_connection("default").flushdb()
    client = cast.editor.client
    hits, misses = lookups("hit"), lookups("miss")

    for turn in range(200):
        sop = sops[turn % (turn % len(sops) + 1)]
        if turn % 20 == 7:
            assert client.patch(address(sop), {"tags": [f"t{turn}"]}).status_code == 200
        else:
            assert client.get(address(sop)).status_code == 200

    hits, misses = lookups("hit") - hits, lookups("miss") - misses
    assert hits + misses == 190
    assert hits / (hits + misses) > 0.8


def test_an_operator_is_told_nothing_of_another_organisation(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    asked: list[Any] = ["knowledge-base", "knowledge_base_sops", "sop_id", sop.pk, ["revision"]]

    found = []
    with system_scope(), connection.cursor() as cursor:
        for person in (cast.editor, cast.stranger):
            cursor.execute(LOOK_AHEAD, [person.organization.pk, *asked])
            found.append(cursor.fetchall())

    assert found == [[('{"revision": 1}', None)], []]


def test_of_the_nodes_only_the_ends_of_links_are_read_however_many_there_are(cast: Cast) -> None:
    sop, *_ = [make_sop(cast.editor) for _ in range(30)]
    link(cast.editor, sop, FeatureType.SPINDLE, outwards=True)
    read = (
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        " WHERE relname = 'node_metadata'"
    )
    asked: list[Any] = ["knowledge-base", "knowledge_base_sops", "sop_id", sop.pk, ["revision"]]

    with scope(cast.editor.actor), connection.cursor() as cursor:
        cursor.execute(read)
        [before] = cursor.fetchone()
        cursor.execute(LOOK_AHEAD, [sop.organization_id, *asked])
        [(_, linked)] = cursor.fetchall()
        cursor.execute(read)
        [after] = cursor.fetchone()

    assert list(json.loads(linked)) == ["spindle"]
    assert after - before == 2
