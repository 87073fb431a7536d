"""Links by the thousand: statements, order of events, audit, deliveries, and the way back."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.tenancy import scope
from config.exceptions import Conflict, Forbidden, NotFound, ValidationFailed
from node_links.events.recording import NewEvent, record_event, record_events
from node_links.events.types import InvalidEvent
from node_links.links.drafts import Address, LinkDraft
from node_links.models import AuditLog, EventDelivery, NodeEvent, NodeLink
from node_links.services.links.creating import create_links
from node_links.services.links.removing import remove_links, restore_links
from node_links.services.links.runtime import record_runtime_links
from tests.factories import Cast, make_sop
from tests.node_links.links.conftest import SOP, joined, many_nodes, node_at, sequences, state
from tests.node_links.webhooks.conftest import subscribe


def told(entity: Address, other: Address) -> NewEvent:
    data = {
        "link_id": str(uuid4()), "source": entity.told(), "target": other.told(),
        "link_type": "supports", "reason": None,
    }  # fmt: skip
    return NewEvent(*entity.entity, "NodeLinkRemoved", data)


def test_many_links_take_a_constant_number_of_statements(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    hub, *others = many_nodes(cast.editor, 501)
    subscribe(cast.admin.actor, "https://example.com/", types=["NodeLink*"])
    for kind, count in (("supports", 1), ("references", 500)):
        drafts = [LinkDraft(hub, other, kind) for other in others[:count]]
        with scope(cast.editor.actor), django_assert_num_queries(4):
            outcomes = create_links(actor=cast.editor.actor, drafts=drafts)
        assert all(outcome.link_id for outcome in outcomes)
    assert sequences(cast.editor, hub.entity_id) == list(range(1, 502))
    with scope(cast.editor.actor):
        rows = AuditLog.objects.filter(table_name="node_links")
        assert rows.count() == 501
        assert set(rows.values_list("operation", "changed_by")) == {("INSERT", cast.editor.user.pk)}
        events = NodeEvent.objects.filter(event_type="NodeLinkCreated")
        webhooks = EventDelivery.objects.filter(subscriber="webhooks", event__in=events)
        assert webhooks.count() == events.count() == 501


def test_each_draft_is_judged_for_itself(cast: Cast) -> None:
    one, two, three = many_nodes(cast.editor, 3)
    sop = Address(SOP, make_sop(cast.editor).pk)
    drafts = [
        LinkDraft(one, two, "triggers"),
        LinkDraft(one, two, "triggers"),
        LinkDraft(one, Address("spindle", uuid4()), "triggers"),
        LinkDraft(one, one, "triggers"),
        LinkDraft(one, sop, "nested"),
        LinkDraft(two, three, "triggers", base_strength=one_third()),
        LinkDraft(two, three, "consumes", version_pin="newest"),
    ]
    with scope(cast.editor.actor):
        outcomes = create_links(actor=cast.editor.actor, drafts=drafts)
        assert NodeLink.objects.count() == 2
    kinds = [type(outcome.refusal) for outcome in outcomes]
    nothing = type(None)
    assert kinds[2:] == [NotFound, ValidationFailed, ValidationFailed, nothing, ValidationFailed]
    assert sorted(kinds[:2], key=str) == sorted([nothing, Conflict], key=str)
    with scope(cast.viewer.actor):
        refused = create_links(actor=cast.viewer.actor, drafts=drafts[:1])
    assert isinstance(refused[0].refusal, Forbidden)


def one_third() -> Any:
    from decimal import Decimal

    return Decimal("0.3333")


@pytest.mark.parametrize("strength", ["NaN", "Infinity", "1.0001", "-0.1"])
def test_services_take_no_strength_out_of_range(cast: Cast, strength: str) -> None:
    from decimal import Decimal

    one, two = many_nodes(cast.editor, 2)
    draft = LinkDraft(one, two, "triggers", base_strength=Decimal(strength))
    with scope(cast.editor.actor):
        [outcome] = create_links(actor=cast.editor.actor, drafts=[draft])
        assert not NodeLink.objects.exists()
    assert isinstance(outcome.refusal, ValidationFailed)


def test_events_recorded_together_are_gapless_per_aggregate(cast: Cast) -> None:
    first, second = many_nodes(cast.editor, 2)
    with scope(cast.editor.actor):
        alone = told(first, second)
        record_event(
            actor=cast.editor.actor,
            entity=cast_key(cast, first),
            event_type=alone.event_type,
            data=alone.data,
        )
        events = [told(first, second), told(second, first), told(first, second)]
        ids = record_events(actor=cast.editor.actor, events=events)
        rows = NodeEvent.objects.in_bulk(ids)
        assert record_events(actor=cast.editor.actor, events=[]) == []
    found = [(rows[pk].entity_id, rows[pk].sequence) for pk in ids]
    assert found == [(first.entity_id, 2), (second.entity_id, 1), (first.entity_id, 3)]
    assert rows[ids[0]].data["link_id"] == events[0].data["link_id"]
    assert "reason" not in rows[ids[0]].data
    assert {row.user_id for row in rows.values()} == {cast.editor.user.pk}


def cast_key(cast: Cast, address: Address) -> Any:
    from node_links.events.recording import AggregateKey

    return AggregateKey(cast.organization.pk, *address.entity)


def test_one_wrong_event_leaves_none(cast: Cast) -> None:
    first, second = many_nodes(cast.editor, 2)
    before = state(cast.editor)
    wrong = NewEvent(*first.entity, "NodeLinkRemoved", {"link_id": "no id"})
    with scope(cast.editor.actor), pytest.raises(InvalidEvent):
        record_events(actor=cast.editor.actor, events=[told(first, second), wrong])
    assert state(cast.editor) == before


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_those_who_listen_hear_of_each_event() -> None:
    import orjson
    import psycopg
    from django.db import connections

    from node_links.events.outbox import EVENTS
    from tests.factories import make_cast

    cast = make_cast()
    first, second = many_nodes(cast.editor, 2)
    given = connections["default"].get_connection_params()
    address = {key: given[key] for key in ("host", "port", "user", "password", "dbname")
               if key in given}  # fmt: skip
    with psycopg.connect(**address, autocommit=True) as listening:
        listening.execute(f"LISTEN {EVENTS}".encode())
        with scope(cast.editor.actor):
            ids = record_events(
                actor=cast.editor.actor, events=[told(first, second), told(second, first)]
            )
        heard = [orjson.loads(one.payload) for one in listening.notifies(timeout=5, stop_after=2)]
    assert {notice["id"] for notice in heard} == {str(pk) for pk in ids}
    assert {(notice["type"], notice["entity"], notice["organization"]) for notice in heard} == {
        ("NodeLinkRemoved", str(end.entity_id), str(cast.organization.pk))
        for end in (first, second)
    }


def test_an_entity_with_ten_thousand_links_goes_and_comes_back(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    sop = make_sop(cast.editor, title="Hub")
    hub = Address(SOP, sop.pk)
    others = many_nodes(cast.editor, 5_000, "knowledge-base")
    drafts = [LinkDraft(hub, other, "supports") for other in others]
    drafts += [LinkDraft(other, hub, "supports") for other in others]
    with scope(cast.editor.actor):
        create_links(actor=cast.editor.actor, drafts=drafts)
        record_runtime_links(
            actor=cast.editor.actor, drafts=[LinkDraft(others[0], hub, "consumes")]
        )
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20s'")
        with django_assert_num_queries(2):
            rows = remove_links(actor=cast.editor.actor, entity=sop)
        assert len(rows) == 10_000
        assert [link.origin for link in NodeLink.objects.all()] == ["runtime"]
        with django_assert_num_queries(2):
            assert restore_links(actor=cast.editor.actor, rows=rows) == 10_000
        assert NodeLink.objects.count() == 10_001
    assert sequences(cast.editor, others[7].entity_id) == [1, 2, 3]


def test_deleting_such_an_entity_takes_as_many_statements_as_any(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    sop = make_sop(cast.editor, title="Hub")
    others = many_nodes(cast.editor, 500)
    with scope(cast.editor.actor):
        drafts = [LinkDraft(Address(SOP, sop.pk), other, "supports") for other in others]
        create_links(actor=cast.editor.actor, drafts=drafts)
    lone = make_sop(cast.editor, title="Lone")
    taken = []
    for pk in (lone.pk, sop.pk):
        with django_assert_max_num_queries(30) as context:
            assert cast.admin.client.delete(f"/api/v1/sops/{pk}/").status_code == 204
        taken.append(len(context))
    assert taken[0] == taken[1]
    with scope(cast.editor.actor):
        assert NodeLink.objects.count() == 500


def test_links_of_a_node_inside_come_back_with_their_address(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Guide")
    inner = node_at(cast.editor, SOP, "step-1", entity_id=sop.pk)
    [other] = many_nodes(cast.editor, 1)
    link = joined(cast.editor, inner, other)
    with scope(cast.editor.actor):
        rows = remove_links(actor=cast.editor.actor, entity=sop)
        assert restore_links(actor=cast.editor.actor, rows=[*rows]) == 1
        found = NodeLink.objects.get()
        last = NodeEvent.objects.filter(event_type="NodeLinkCreated").latest("sequence")
    assert (found.pk, found.source_node_id, found.created_at) == (
        link.pk, "step-1", link.created_at,
    )  # fmt: skip
    assert last.data["source"]["node_id"] == "step-1"


def test_rows_kept_before_there_were_revisions_come_back_too(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Old")
    [other] = many_nodes(cast.editor, 1)
    joined(cast.editor, Address(SOP, sop.pk), other)
    with scope(cast.editor.actor):
        rows = remove_links(actor=cast.editor.actor, entity=sop)
        del rows[0]["revision"]
        assert restore_links(actor=cast.editor.actor, rows=rows) == 1
        assert NodeLink.objects.get().revision == 1


def test_updates_in_bulk_name_what_differs(cast: Cast) -> None:
    one, two, three = many_nodes(cast.editor, 3)
    first, second = joined(cast.editor, one, two), joined(cast.editor, one, three)
    with scope(cast.editor.actor):
        NodeLink.objects.update(link_type="supports")
        NodeLink.objects.update(origin="derived")
        rows = AuditLog.objects.filter(table_name="node_links", operation="UPDATE")
        found = {(row.record_id, *row.changed_fields) for row in rows}
    assert found == {(str(link.pk), "origin") for link in (first, second)}
