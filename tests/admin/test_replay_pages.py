"""Operators choose events, see how many somebody would hear of, and let them go out again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest import MonkeyPatch

from accounts.models import User
from accounts.tenancy import system_scope
from node_links.admin import replaying
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import EventReplay, NodeEvent
from node_links.services.replays import run_replay
from tests.admin.conftest import World
from tests.factories import UserFactory

EVENTS = reverse("admin:node_links_nodeevent_changelist")
REPLAYS = reverse("admin:node_links_eventreplay_changelist")


@pytest.fixture
def ledger() -> Iterator[str]:
    """Subscribe somebody to everything that happens to SOPs."""
    subscribers.subscribe(Subscriber("ledger", ("Sop*",), lambda event: None))
    yield "ledger"
    subscribers.unsubscribe("ledger")


def ask(page: Client, address: str = EVENTS, **asked: Any) -> Any:
    """Post the action of the list."""
    return page.post(address, {"action": "replay", "select_across": "0", **asked})


def of_sop(world: World) -> list[NodeEvent]:
    """Return what happened to the first SOP, in order."""
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=world.restart.pk)
        return list(rows.order_by("sequence"))


@pytest.mark.django_db
def test_chosen_events_are_counted_first_and_queued_when_that_is_confirmed(
    page: Client, operator: User, world: World, ledger: str
) -> None:
    first, second, *_ = of_sop(world)
    with system_scope():
        foreign = NodeEvent.objects.get(entity_id=world.foreign.pk)
    chosen: dict[str, Any] = {
        ACTION_CHECKBOX_NAME: [str(one.pk) for one in (first, second, foreign)]
    }

    choice = ask(page, **chosen).content.decode()
    assert "All that may be replayed" in choice
    assert "Deliver 3 again" not in choice
    counted = ask(page, **chosen, step="count", subscriber=ledger).content.decode()
    assert "Deliver 3 again" in counted
    assert world.cast.stranger.organization.name in counted
    with system_scope():
        assert not EventReplay.objects.exists()
    begun = ask(page, **chosen, step="begin", subscriber=ledger)

    assert (begun.status_code, begun.headers["Location"]) == (302, REPLAYS)
    with system_scope():
        mine, other = EventReplay.objects.order_by("-total")
    assert (mine.organization_id, mine.total) == (world.restart.organization_id, 2)
    assert mine.requested_by_id == operator.pk
    assert set(mine.request["event_ids"]) == {str(first.pk), str(second.pk)}
    assert (other.organization_id, other.total) == (world.foreign.organization_id, 1)
    ended = run_replay(mine.pk)
    assert ended is not None
    assert (ended.status, ended.done) == ("completed", 2)
    assert "2 of 2 (100 %)" in page.get(REPLAYS).content.decode()
    shown = page.get(reverse("admin:node_links_eventreplay_change", args=[mine.pk]))
    assert "ledger" in shown.content.decode()


@pytest.mark.django_db
def test_many_events_go_out_by_what_the_filters_have_chosen_them_by(
    page: Client, world: World, ledger: str, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "ONE_BY_ONE", 1)
    events = of_sop(world)
    filtered = f"{EVENTS}?q={world.restart.pk}"
    chosen: dict[str, Any] = {ACTION_CHECKBOX_NAME: [str(events[0].pk)], "select_across": "1"}

    begun = ask(page, filtered, **chosen, step="begin", subscriber=ledger)

    assert begun.status_code == 302
    with system_scope():
        [replay] = EventReplay.objects.all()
    assert replay.total == len(events)
    assert replay.request["event_ids"] == []
    assert replay.request["types"] == sorted({event.event_type for event in events})
    assert replay.request["entity_id"] == str(world.restart.pk)


@pytest.mark.django_db
def test_a_subscriber_that_is_not_there_is_refused(page: Client, world: World, ledger: str) -> None:
    chosen: dict[str, Any] = {ACTION_CHECKBOX_NAME: [str(of_sop(world)[0].pk)]}

    refused = ask(page, **chosen, step="begin", subscriber="nobody")

    assert refused.status_code == 200
    assert "Select a valid choice" in refused.content.decode()
    with system_scope():
        assert not EventReplay.objects.exists()


@pytest.mark.django_db
def test_operators_who_may_only_look_are_not_offered_it(world: World, ledger: str) -> None:
    looker = UserFactory.create(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_nodeevent"))
    page = Client()
    page.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    chosen: dict[str, Any] = {ACTION_CHECKBOX_NAME: [str(of_sop(world)[0].pk)]}

    ask(page, **chosen, step="begin", subscriber=ledger)

    assert "Deliver again" not in page.get(EVENTS).content.decode()
    with system_scope():
        assert not EventReplay.objects.exists()
