"""Operators look at the graph, its index and its events."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy import system_scope
from node_links.models import (
    DeadLetter,
    DirtyNode,
    EventDelivery,
    NodeEvent,
    NodeLink,
    NodeLinkType,
    NodeMetadata,
)
from node_links.search.backlog import drain
from tests.admin.conftest import World


def _list(name: str) -> str:
    return reverse(f"admin:node_links_{name}_changelist")


def test_a_node_shows_its_links_and_passages(page: Client, world: World) -> None:
    with system_scope():
        node = NodeMetadata.objects.get(entity_id=world.backup.pk)
    change = reverse("admin:node_links_nodemetadata_change", args=[node.pk])

    shown = page.get(change).content.decode()

    assert "waiting" in shown
    assert world.restart.title in shown
    assert "then read" in shown
    drain()
    assert "wordllama" in page.get(change).content.decode()
    assert page.post(change, {"name": "Mine"}).status_code == 403


def test_links_are_found_by_the_names_at_their_ends(page: Client, world: World) -> None:
    found = page.get(_list("nodelink"), {"q": "restart"}).context["cl"].result_list
    assert [(link.source.name, link.target.name) for link in found] == [
        (world.backup.title, world.restart.title)
    ]
    assert list(page.get(_list("nodelink"), {"q": "plants"}).context["cl"].result_list) == []

    with system_scope():
        link = NodeLink.objects.get()
    change = reverse("admin:node_links_nodelink_change", args=[link.pk])
    assert page.post(change, {"link_type": "supports"}).status_code == 403


def test_the_platforms_link_types_are_looked_at_only(page: Client, world: World) -> None:
    with system_scope():
        kind = NodeLinkType.objects.get(type_name="references")
    change = reverse("admin:node_links_nodelinktype_change", args=[kind.pk])
    delete = reverse("admin:node_links_nodelinktype_delete", args=[kind.pk])

    assert page.get(change).status_code == 200
    assert page.post(change, {"color": "#112233"}).status_code == 403
    assert page.post(delete, {"post": "yes"}).status_code == 403

    with system_scope():
        assert NodeLinkType.objects.get(pk=kind.pk).color == "#3B82F6"
    assert "background:#3B82F6" in page.get(_list("nodelinktype")).content.decode()


def test_a_link_type_of_an_organisation_is_made_changed_and_removed(
    page: Client, world: World
) -> None:
    add = reverse("admin:node_links_nodelinktype_add")
    given = {"type_name": "inspires", "organization": str(world.cast.organization.pk),
             "color": "#112233", "change_travels": "both"}  # fmt: skip
    for wrong, field in (
        ({"color": "red"}, "color"),
        ({"type_name": "In spires"}, "type_name"),
        ({"organization": ""}, "organization"),
        ({"type_name": "references"}, "type_name"),
    ):
        refused = page.post(add, {**given, **wrong})
        assert list(refused.context["adminform"].form.errors) == [field]
    assert page.post(add, given).status_code == 302
    with system_scope():
        kind = NodeLinkType.objects.get(type_name="inspires")
    change = reverse("admin:node_links_nodelinktype_change", args=[kind.pk])
    changed = {"type_name": "mine", "color": "#445566", "change_travels": "source_to_target",
               "seen_revision": "1"}  # fmt: skip

    assert page.post(change, changed).status_code == 302
    with system_scope():
        kind.refresh_from_db()
    assert (kind.type_name, kind.color, kind.change_travels, kind.revision) == (
        "inspires", "#445566", "source_to_target", 2,
    )  # fmt: skip
    assert page.post(change, {**changed, "color": "#000000"}).status_code == 200
    delete = reverse("admin:node_links_nodelinktype_delete", args=[kind.pk])
    assert page.post(delete, {"post": "yes"}).status_code == 302
    with system_scope():
        assert not NodeLinkType.objects.filter(type_name="inspires").exists()


def test_events_are_narrowed_and_shown_as_json(page: Client, world: World) -> None:
    published = page.get(_list("nodeevent"), {"event_type": "SopPublished"})
    (event,) = published.context["cl"].result_list
    assert event.entity_id == world.restart.pk
    for period in ("hour", "day", "week"):
        assert len(page.get(_list("nodeevent"), {"period": period}).context["cl"].result_list) > 5

    change = reverse("admin:node_links_nodeevent_change", args=[event.pk])
    assert "&quot;version&quot;: &quot;1.0.0&quot;" in page.get(change).content.decode()
    assert page.post(change, {"event_type": "X"}).status_code == 403
    with system_scope():
        assert NodeEvent.objects.filter(event_type="X").count() == 0


def test_a_waiting_node_says_why_and_is_tried_now(page: Client, world: World) -> None:
    later = timezone.now() + timedelta(hours=1)
    with system_scope():
        row = DirtyNode.objects.get(node__entity_id=world.backup.pk)
        DirtyNode.objects.filter(pk=row.pk).update(
            attempts=3, last_error="The embedder is away.", not_before=later
        )
    failed = page.get(_list("dirtynode"), {"failed": "yes"})
    assert [one.pk for one in failed.context["cl"].result_list] == [row.pk]
    assert "The embedder is away." in failed.content.decode()

    page.post(_list("dirtynode"), {"action": "try_now", "_selected_action": [str(row.pk)]})

    with system_scope():
        row.refresh_from_db()
    assert (row.attempts, row.last_error) == (0, "")
    assert row.not_before < later


def test_dead_letters_are_read_and_decided_about(page: Client, world: World) -> None:
    with system_scope():
        events = NodeEvent.objects.order_by("pk")[:2]
        letters = [_letter(event) for event in events]
        chosen = [str(letter.pk) for letter in letters]
    change = page.get(reverse("admin:node_links_deadletter_change", args=[chosen[0]]))
    assert "OSError: the index is away" in change.content.decode()
    delivery = page.get(_list("eventdelivery"), {"status": "dead"})
    assert len(delivery.context["cl"].result_list) == 2

    page.post(_list("deadletter"), {"action": "retry", "_selected_action": chosen[:1]})
    page.post(_list("deadletter"), {"action": "discard", "_selected_action": chosen})

    with system_scope():
        rows = DeadLetter.objects.order_by("pk").values_list("status", "reason")
        assert list(rows) == [("retried", ""), ("discarded", "Discarded in the admin.")]
        statuses = EventDelivery.objects.filter(subscriber="search").order_by("pk")
        assert [delivery.status for delivery in statuses] == ["pending", "discarded"]


def _letter(event: NodeEvent) -> DeadLetter:
    told = {"organization_id": event.organization_id, "event": event, "subscriber": "search"}
    EventDelivery.objects.create(
        **told,
        feature_type=event.feature_type,
        entity_id=event.entity_id,
        sequence=event.sequence,
        status="dead",
        last_error="OSError: the index is away",
    )
    return DeadLetter.objects.create(
        **told,
        error="OSError: the index is away",
        tries=3,
        first_failed_at=event.timestamp,
        last_failed_at=event.timestamp,
    )
