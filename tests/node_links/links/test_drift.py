"""Links whose targets moved on: found by events, told once, listed, mended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services import sops
from node_links.choices import Bump
from node_links.events.delivering import deliver
from node_links.events.reading import event_of
from node_links.events.subscribing import subscribers
from node_links.links.drafts import Address
from node_links.models import LinkDrift, NodeEvent, NodeLink, NodeLinkType
from node_links.services.links import drifting
from node_links.services.links.drifting import Followed, follow_all, follow_links, follow_target
from node_links.subscribers import follow_version_pins
from node_links.tasks.drift import check_version_pins
from tests.factories import Cast, Person, make_sop
from tests.node_links.links.conftest import joined, node_at
from tests.node_links.links.observing import make_link, told
from tests.observing import faults

pytestmark = pytest.mark.django_db

DRIFT = "/api/v1/graph/drift/"


@pytest.fixture
def source(cast: Cast) -> Sop:
    """Return an SOP that links to others."""
    return make_sop(cast.editor, title="Source")


@pytest.fixture
def target(cast: Cast) -> Sop:
    """Return an SOP whose version 1.0.0 is live."""
    sop = make_sop(cast.editor, title="Target")
    publish(cast.editor, sop)
    settle()
    return sop


def publish(person: Person, sop: Sop, bump: Bump | None = None) -> None:
    """Publish a draft; with `bump` one that is opened first."""
    with scope(person.actor):
        if bump is not None:
            sops.open_sop_version(actor=person.actor, pk=sop.pk, bump=bump)
        sops.publish_sop(actor=person.actor, pk=sop.pk)


def settle() -> None:
    """Deliver what the subscriber still has to hear."""
    subscriber = subscribers.get("version-pins")
    assert subscriber is not None
    while deliver(subscriber).delivered:
        pass


def drifts() -> list[LinkDrift]:
    with system_scope():
        return list(LinkDrift.objects.all())


def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = person.client.get(DRIFT, query)
    assert answer.status_code == 200, answer.json()
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_a_newer_version_is_told_of_and_listed(cast: Cast, source: Sop, target: Sop) -> None:
    pinned = make_link(cast.editor, source, target, version_pin="1.0.0", link_type="documents")
    for pin in ("latest", "published"):
        make_link(cast.editor, source, target, version_pin=pin, link_type=f"follows {pin}")
    assert listed(cast.viewer) == []

    publish(cast.editor, target, Bump.MINOR)
    settle()

    address = {"feature": "knowledge-base", "entity_id": str(source.pk)}
    other = {**address, "entity_id": str(target.pk)}
    assert told("LinkDrifted") == [
        {
            "link_id": str(pinned.pk),
            "link_type": "documents",
            "source": address,
            "target": other,
            "from_version": "1.0.0",
            "to_version": "1.1.0",
            "bump": "minor",
            "versions_behind": 1,
        }
    ]
    [row] = listed(cast.viewer)
    since = row.pop("since")
    assert row == {
        "id": str(pinned.pk),
        "source": {**address, "node_id": None, "node_type": "sop", "name": "Source"},
        "target": {**other, "node_id": None, "node_type": "sop", "name": "Target"},
        "link_type": "documents",
        "link_strength": 0.5,
        "origin": "manual",
        "version_pin": "1.0.0",
        "color": "#F59E0B",
        "status": "drifted",
        "reason": None,
        "from_version": "1.0.0",
        "to_version": "1.1.0",
        "bump": "minor",
        "versions_behind": 1,
    }
    assert since
    with system_scope():
        event = NodeEvent.objects.get(event_type="LinkDrifted")
    assert (event.entity_id, event.organization_id) == (source.pk, cast.organization.pk)


def test_each_change_is_told_once(cast: Cast, source: Sop, target: Sop) -> None:
    make_link(cast.editor, source, target, version_pin="1.0.0")
    publish(cast.editor, target, Bump.PATCH)
    settle()
    with system_scope():
        event = NodeEvent.objects.filter(event_type="SopPublished").latest("sequence")
        since = LinkDrift.objects.get().since

    with system_scope():
        follow_version_pins(event_of(event))
    assert check_version_pins() == 0
    assert len(told("LinkDrifted")) == 1
    assert [drift.since for drift in drifts()] == [since]

    publish(cast.editor, target, Bump.MAJOR)
    settle()
    assert [(data["to_version"], data["versions_behind"]) for data in told("LinkDrifted")] == [
        ("1.0.1", 1), ("2.0.0", 2)
    ]  # fmt: skip
    assert [drift.since > since for drift in drifts()] == [True]


def test_links_break_with_their_target_and_mend_with_it(
    cast: Cast, source: Sop, target: Sop
) -> None:
    link = make_link(cast.editor, source, target, version_pin="latest", origin="derived")
    with scope(cast.owner.actor):
        sops.delete_sop(actor=cast.owner.actor, pk=target.pk)
    settle()

    assert [(data["link_id"], data["reason"]) for data in told("LinkBroken")] == [
        (str(link.pk), "target_deleted")
    ]
    [row] = listed(cast.editor, status="broken")
    assert (row["reason"], row["from_version"], row["to_version"]) == (
        "target_deleted", "latest", "1.0.0"
    )  # fmt: skip

    with scope(cast.owner.actor):
        sops.restore_sop(actor=cast.owner.actor, pk=target.pk)
    settle()
    assert listed(cast.editor) == []
    assert len(told("LinkBroken")) == 1


def test_links_break_when_their_target_is_archived(cast: Cast, source: Sop, target: Sop) -> None:
    make_link(cast.editor, source, target, version_pin="1.0.0")
    make_link(cast.editor, source, target, link_type="consumes", origin="runtime")
    with scope(cast.owner.actor):
        sops.archive_sop(actor=cast.owner.actor, pk=target.pk)
    settle()

    [row] = listed(cast.viewer)
    assert (row["status"], row["reason"]) == ("broken", "target_archived")


def test_a_version_that_is_gone_is_found_at_night(cast: Cast, source: Sop, target: Sop) -> None:
    make_link(cast.editor, source, target, version_pin="0.9.0")
    assert [step.changed for step in follow_all(cast.organization.pk, write=False)] == [1]
    assert drifts() == []

    assert check_version_pins() == 1

    assert [data["reason"] for data in told("LinkBroken")] == ["version_gone"]
    assert check_version_pins() == 0


def test_a_link_that_is_pinned_anew_is_judged_in_that_transaction(
    cast: Cast, source: Sop, target: Sop
) -> None:
    publish(cast.editor, target, Bump.MAJOR)
    link = make_link(cast.editor, source, target, version_pin="1.0.0")
    actor = cast.editor.actor
    with scope(actor):
        assert follow_links(actor=actor, links=[link]).drifted == 1
        link.version_pin = "2.0.0"
        link.save()
        assert follow_links(actor=actor, links=[link]).mended == 1
    assert drifts() == []
    with system_scope():
        assert NodeEvent.objects.get(event_type="LinkDrifted").user_id == cast.editor.user.pk


def test_the_list_is_filtered_and_belongs_to_the_organisation(
    cast: Cast, source: Sop, target: Sop
) -> None:
    other = make_sop(cast.editor, title="Other")
    publish(cast.editor, other)
    for sop in (target, other):
        make_link(cast.editor, source, sop, version_pin="1.0.0", origin="derived")
        publish(cast.editor, sop, Bump.PATCH)
    settle()
    with scope(cast.owner.actor):
        sops.delete_sop(actor=cast.owner.actor, pk=other.pk)
    settle()

    assert len(listed(cast.viewer)) == 2
    assert [row["target"]["name"] for row in listed(cast.viewer, status="drifted")] == ["Target"]
    assert [row["target"]["name"] for row in listed(cast.viewer, entity_id=other.pk)] == ["Other"]
    assert len(listed(cast.viewer, entity_id=source.pk)) == 2
    assert len(listed(cast.viewer, feature="knowledge-base")) == 2
    assert listed(cast.viewer, feature="spindle") == []
    assert listed(cast.stranger) == []
    answer = cast.viewer.client.get(f"{DRIFT}?status=lost&entity_id=x&depth=3")
    assert faults(answer) == {
        ("?status", "invalid_choice"), ("?entity_id", "invalid"), ("?depth", "unknown_parameter")
    }  # fmt: skip
    page = cast.viewer.client.get(f"{DRIFT}?page_size=1").json()
    assert (page["count"], page["total_pages"], len(page["results"])) == (2, 2, 1)


def test_links_of_a_deleted_source_are_left_out(cast: Cast, source: Sop, target: Sop) -> None:
    make_link(cast.editor, source, target, version_pin="1.0.0")
    publish(cast.editor, target, Bump.PATCH)
    settle()
    with scope(cast.owner.actor):
        sops.delete_sop(actor=cast.owner.actor, pk=source.pk)

    assert listed(cast.viewer) == []


def test_the_colour_is_the_links_own_or_that_of_its_type(
    cast: Cast, source: Sop, target: Sop
) -> None:
    with scope(cast.owner.actor):
        NodeLinkType.objects.create(
            organization=cast.organization, type_name="documents", color="#000001"
        )
    make_link(cast.editor, source, target, version_pin="1.0.0", link_type="documents")
    make_link(cast.editor, source, target, version_pin="1.0.0", link_type="supports",
              visual_properties={"color": "#000002"})  # fmt: skip
    make_link(cast.editor, source, target, version_pin="1.0.0", link_type="strange")
    publish(cast.editor, target, Bump.PATCH)
    settle()

    found = {row["link_type"]: row["color"] for row in listed(cast.viewer)}
    assert found == {"documents": "#000001", "supports": "#000002", "strange": None}


def test_the_drift_of_a_link_goes_with_it(cast: Cast, source: Sop, target: Sop) -> None:
    link = make_link(cast.editor, source, target, version_pin="1.0.0")
    publish(cast.editor, target, Bump.PATCH)
    settle()
    with system_scope(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM node_links WHERE link_id = %s", [link.pk])

    assert drifts() == []


def test_a_target_with_many_links_is_followed_in_batches(
    cast: Cast, target: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifting, "LINKS_PER_TRANSACTION", 2)
    for number in range(5):
        make_link(
            cast.editor, make_sop(cast.editor, title=f"S{number}"), target, version_pin="1.0.0"
        )
    publish(cast.editor, target, Bump.PATCH)

    def follow() -> Followed:
        return follow_target(
            organization_id=cast.organization.pk,
            feature_type="knowledge-base",
            entity_id=target.pk,
        )

    with system_scope():
        assert follow().drifted == 5
        with CaptureQueriesContext(connection) as queries:
            assert follow().seen == 5
    assert len(queries) < 20
    assert [step.seen for step in follow_all(cast.organization.pk)] == [2, 2, 1]


def test_listing_takes_the_same_statements_for_every_number_of_links(
    cast: Cast, target: Sop
) -> None:
    def spent(links: int) -> int:
        for number in range(links):
            source = make_sop(cast.editor, title=f"S{number}")
            link = make_link(cast.editor, source, target, version_pin="1.0.0")
            with system_scope():
                LinkDrift.objects.create(
                    link=link, organization=cast.organization, status="drifted",
                    from_version="1.0.0", to_version="1.0.1", bump="patch", versions_behind=1,
                    since=timezone.now() - timedelta(days=1),
                )  # fmt: skip
        client = cast.viewer.client
        with CaptureQueriesContext(connection) as queries:
            assert client.get(DRIFT).status_code == 200
        return len(queries)

    assert spent(1) == spent(4)


def test_events_of_other_aggregates_are_passed_over(cast: Cast, source: Sop) -> None:
    with system_scope():
        event = event_of(NodeEvent.objects.filter(entity_id=source.pk)[0])
        follow_version_pins(replace(event, feature_type="organization"))
    assert drifts() == []
    assert NodeLink.objects.count() == 0


def test_nothing_is_wrong_with_targets_of_which_nothing_is_known(cast: Cast, source: Sop) -> None:
    target = node_at(cast.editor, "event-storm")
    link = joined(cast.editor, Address("knowledge-base", source.pk), target, "references")
    with scope(cast.editor.actor):
        NodeLink.objects.filter(pk=link.pk).update(version_pin="1.0.0")

    assert check_version_pins() == 0
    assert drifts() == []
