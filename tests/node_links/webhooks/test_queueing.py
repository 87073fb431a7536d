"""Which webhooks are told of which event."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from django.db import transaction

from accounts.tenancy import scope, system_scope
from config.celery import app
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribers
from node_links.models import EventDelivery, WebhookDelivery
from node_links.subscribers import tell_webhooks
from node_links.tasks.webhooks import send_webhooks
from node_links.webhooks.doorbell import sending
from node_links.webhooks.services import disable_webhook
from tests.factories import Cast, make_cast
from tests.node_links.webhooks.conftest import deliveries, happen, stored, subscribe

URL = "https://example.com/"


@pytest.mark.django_db
def test_a_message_is_queued_for_whoever_asked_for_the_type(cast: Cast) -> None:
    actor = cast.admin.actor
    wanting = [subscribe(actor, URL, types=[t, "Zzz"]) for t in ("*", "Sop*", "SopCreated")]
    others = [subscribe(actor, URL, types=[t]) for t in ("SopUpdated", "SopCreate", "Link*")]

    event = happen(cast)

    for webhook in wanting:
        [message] = deliveries(webhook)
        assert (message.event_id, message.event_type) == (event.id, "SopCreated")
        assert (message.status, message.attempts, message.log) == ("pending", 0, [])
        assert message.organization_id == cast.organization.pk
    assert [deliveries(webhook) for webhook in others] == [[], [], []]


@pytest.mark.django_db
def test_an_event_that_no_webhook_asked_for_has_no_delivery(cast: Cast) -> None:
    wanted = [("SopCreated", "https://example.com/"), ("Sop*", "https://example.com/all")]
    subscribe(cast.stranger.actor, URL)
    disabled = subscribe(cast.admin.actor, URL)
    with scope(cast.admin.actor):
        disable_webhook(actor=cast.admin.actor, pk=disabled.pk)
    subscribe(cast.admin.actor, URL, types=["SopCreate", "Link*"])
    assert _addressed(happen(cast)) == []

    for event_type, url in wanted:
        hook = subscribe(cast.admin.actor, url, types=[event_type])
        assert _addressed(happen(cast)) == ["webhooks"]
        with scope(cast.admin.actor):
            disable_webhook(actor=cast.admin.actor, pk=hook.pk)


def _addressed(event: Event) -> list[str]:
    with system_scope():
        rows = EventDelivery.objects.filter(event=event.id, subscriber="webhooks")
        return list(rows.values_list("subscriber", flat=True))


@pytest.mark.django_db
def test_a_filter_narrows_by_feature_and_entity(cast: Cast) -> None:
    actor = cast.admin.actor
    feature = subscribe(actor, URL, filter={"feature_type": "knowledge-base"})
    other = subscribe(actor, URL, filter={"feature_type": "spindle"})
    first = happen(cast)
    entity = subscribe(actor, URL, filter={"entity_id": str(first.entity_id)})
    with system_scope():
        tell_webhooks(first)
    happen(cast)

    assert (len(deliveries(feature)), len(deliveries(other))) == (2, 0)
    assert [message.event_id for message in deliveries(entity)] == [first.id]


@pytest.mark.django_db
def test_neither_strangers_nor_disabled_ones_are_told_and_nobody_twice(cast: Cast) -> None:
    theirs = subscribe(cast.stranger.actor, URL)
    disabled = subscribe(cast.admin.actor, URL)
    with scope(cast.admin.actor):
        disable_webhook(actor=cast.admin.actor, pk=disabled.pk)
    ours = subscribe(cast.admin.actor, URL)

    event = happen(cast)
    with system_scope():
        tell_webhooks(event)

    assert (deliveries(theirs), deliveries(disabled)) == ([], [])
    assert len(deliveries(ours)) == 1
    assert stored(ours).failures == 0


def test_the_subscriber_hears_of_everything_but_of_no_replay() -> None:
    subscriber = subscribers.get("webhooks")

    assert subscriber is not None
    assert subscriber.wants("Anything")
    assert not subscriber.replayable


@pytest.fixture
def queue() -> Iterator[Callable[[], list[Any]]]:
    """Return what looks into the real queue of events, which is empty at first."""
    sending.answer()
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.client.delete("events")
        yield lambda: [orjson.loads(one) for one in channel.client.lrange("events", 0, -1)]
        channel.client.delete("events")
    sending.answer()


@pytest.mark.django_db(transaction=True)
def test_the_sender_is_woken_once_when_the_message_is_committed(
    queue: Callable[[], list[Any]],
) -> None:
    cast = make_cast()
    happen(cast)
    assert queue() == []  # nobody asked for it
    subscribe(cast.admin.actor, URL)

    with transaction.atomic():
        happen(cast)
        assert queue() == []
    happen(cast)

    [message] = queue()
    assert message["headers"]["task"] == send_webhooks.name
    with system_scope():
        assert WebhookDelivery.objects.count() == 2
