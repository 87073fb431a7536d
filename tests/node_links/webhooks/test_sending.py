"""Messages reach a real receiver, whatever it does."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope, system_scope
from config.doorbells import Doorbell
from node_links.events.cloudevents import to_cloudevent
from node_links.models import NodeEvent, Webhook, WebhookDelivery
from node_links.tasks.webhooks import send_webhooks
from node_links.webhooks import messages, sending
from node_links.webhooks.outcomes import store
from node_links.webhooks.posting import KEPT_BYTES, READ_BYTES, Outcome
from node_links.webhooks.sending import send_due
from node_links.webhooks.services import disable_webhook, enable_webhook, rotate_secret
from tests.factories import Cast, make_cast
from tests.http_server import Answer, HttpServer
from tests.node_links.webhooks.conftest import (
    SECRET,
    deliveries,
    happen,
    make_due,
    signature,
    stored,
    subscribe,
)

pytestmark = pytest.mark.django_db


def test_an_event_arrives_signed_as_a_cloud_event(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    event = happen(cast)

    assert send_webhooks() == 1

    [request] = receiver.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == str(event.id)
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 10
    assert request.headers["webhook-signature"] == signature(SECRET, request)
    assert request.json == to_cloudevent(event)
    assert (request.json["specversion"], request.json["type"]) == ("1.0", "SopCreated")
    assert request.json["data"] == event.data
    [message] = deliveries(webhook)
    assert (message.status, message.attempts, message.last_status) == ("succeeded", 1, 200)
    assert message.finished_at is not None
    assert send_webhooks() == 0


def test_a_failure_is_tried_again_with_the_same_id_after_a_pause(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    receiver.script = [Answer(500, b"broken\x00")]
    happen(cast)
    before = timezone.now()

    assert send_due() == 1
    assert send_due() == 0

    [message] = deliveries(webhook)
    assert (message.status, message.last_status, message.attempts) == ("pending", 500, 1)
    assert (message.last_response, message.last_error) == ("broken�", "The receiver answered 500.")
    assert 5 <= (message.not_before - before).total_seconds() < 7
    make_due()
    assert send_due() == 1
    [message] = deliveries(webhook)
    assert (message.status, message.attempts, message.last_error) == ("succeeded", 2, "")
    assert [entry["status"] for entry in message.log] == [500, 200]
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize(
    ("asked", "low", "high"), [("90", 90, 92), ("1", 5, 7), ("9999999", 86_400, 86_402)]
)
def test_a_receiver_may_ask_for_a_longer_pause(
    cast: Cast, webhook: Webhook, receiver: HttpServer, asked: str, low: int, high: int
) -> None:
    receiver.script = [Answer(503, headers={"Retry-After": asked})]
    happen(cast)
    before = timezone.now()

    send_due()

    [message] = deliveries(webhook)
    assert low <= (message.not_before - before).total_seconds() < high


def test_after_eight_tries_a_message_is_given_up(
    cast: Cast, webhook: Webhook, receiver: HttpServer, settings: Settings
) -> None:
    receiver.otherwise = lambda request: Answer(500)
    happen(cast)
    assert len(settings.WEBHOOK_RETRY_SECONDS) == 7

    for _ in range(10):
        make_due()
        send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.attempts, len(message.log)) == ("failed", 8, 8)
    assert len(receiver.requests) == 8
    assert (stored(webhook).failures, stored(webhook).status) == (1, "active")


def test_a_webhook_is_disabled_after_messages_in_a_row_were_given_up(
    cast: Cast, webhook: Webhook, receiver: HttpServer, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_SECONDS = []
    settings.WEBHOOK_FAILURES = 2
    receiver.script = [Answer(500), Answer(200), Answer(500), Answer(500)]
    for _ in range(3):
        happen(cast)
        send_due()
    assert (stored(webhook).failures, stored(webhook).status) == (1, "active")

    happen(cast)
    send_due()

    after = stored(webhook)
    assert (after.status, after.failures, after.revision) == ("disabled", 2, 2)
    assert after.disabled_reason == "Messages failed for good, one after the other."
    with system_scope():
        notice = NodeEvent.objects.get(event_type="WebhookDisabled")
    assert (notice.feature_type, notice.entity_id) == ("webhook", webhook.pk)
    assert notice.organization_id == cast.organization.pk
    assert notice.data == {"reason": after.disabled_reason, "failures": 2}
    happen(cast)
    assert (send_due(), len(deliveries(webhook))) == (0, 4)


def test_410_disables_at_once(cast: Cast, webhook: Webhook, receiver: HttpServer) -> None:
    receiver.script = [Answer(410)]
    happen(cast)

    send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.attempts) == ("failed", 1)
    assert stored(webhook).status == "disabled"
    assert "410" in stored(webhook).disabled_reason


def test_a_redirect_is_not_followed(
    cast: Cast, webhook: Webhook, receiver: HttpServer, other: HttpServer
) -> None:
    receiver.script = [Answer(307, headers={"Location": other.url})]
    happen(cast)

    send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.last_status) == ("pending", 307)
    assert other.requests == []


def test_an_address_of_the_inside_is_not_reached(
    cast: Cast, webhook: Webhook, other: HttpServer
) -> None:
    with system_scope():
        Webhook.objects.update(url=f"http://localhost:{other.port}/")
    happen(cast)

    send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.last_status) == ("pending", None)
    assert message.last_error == "This address may not be reached from here."
    assert other.requests == []


@pytest.mark.parametrize("url", ["http://[/", "http://127.0.0.1:1"])
def test_an_address_that_cannot_be_reached_is_a_failure(
    cast: Cast, webhook: Webhook, settings: Settings, url: str
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with system_scope():
        Webhook.objects.update(url=url)
    happen(cast)

    send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.attempts) == ("pending", 1)
    assert message.last_error in ("ValueError", "ConnectError")


@contextmanager
def raw_server(
    answer: bytes, drip: float = 0, over: threading.Event | None = None
) -> Iterator[int]:
    """Accept connections, read a request, send `answer` (until `over`, with pauses, if `drip`)."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    over = over or threading.Event()

    def serve() -> None:
        with listener:
            while not over.is_set():
                peer, _ = listener.accept()
                with peer, suppress(OSError):
                    peer.settimeout(5)
                    peer.recv(65536)
                    peer.sendall(answer)
                    while not over.wait(drip):
                        peer.sendall(b"x" if drip else b"x" * 65536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield address[1]
    finally:
        over.set()
        with suppress(OSError):
            socket.create_connection(address).close()  # it may be waiting for one
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "drip"),
    [
        (b"", 30),  # nothing at all
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", 0.05),  # a header without end, byte by byte
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", 0.05),
    ],
)
def test_a_receiver_that_hangs_is_given_up_in_time(
    cast: Cast, settings: Settings, answer: bytes, drip: float
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.5
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with raw_server(answer, drip) as port:
        webhook = subscribe(cast.admin.actor, f"http://127.0.0.1:{port}/")
        happen(cast)

        assert send_due() == 1

    [message] = deliveries(webhook)
    assert (message.status, message.last_error) == ("pending", "No answer within 0.5 seconds.")


def test_of_a_gigabyte_little_is_read_and_less_is_kept(cast: Cast, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
    with raw_server(head) as port:
        webhook = subscribe(cast.admin.actor, f"http://127.0.0.1:{port}/")
        happen(cast)

        assert send_due() == 1

    [message] = deliveries(webhook)
    assert (message.status, message.last_status) == ("succeeded", 200)
    assert message.last_response == "x" * KEPT_BYTES
    assert KEPT_BYTES < READ_BYTES < 100_000


def test_a_slow_receiver_does_not_hold_up_another(
    cast: Cast, receiver: HttpServer, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 30
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    all_arrived = threading.Event()
    with raw_server(b"", 60, over=all_arrived) as port:
        slow = subscribe(cast.admin.actor, f"http://127.0.0.1:{port}/")
        subscribe(cast.admin.actor, receiver.url)
        for _ in range(7):
            happen(cast)
        arrived: list[object] = []

        def note(request: object) -> Answer:
            arrived.append(request)
            if len(arrived) == 7:
                all_arrived.set()
            return Answer()

        receiver.otherwise = note
        send_due()

    assert len(arrived) == 7
    first, *_ = deliveries(slow)
    assert "within 30 seconds" not in first.last_error  # cut off by us, not given up


def test_a_sender_that_dies_leaves_its_message_to_the_next(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    event = happen(cast)
    [lost] = messages.claim(limit=10)

    assert send_due() == 0  # the lease still runs
    make_due()
    assert send_due() == 1

    [request] = receiver.requests
    assert request.headers["webhook-id"] == str(event.id) == str(lost.event_id)
    assert not store(lost, Outcome(error="late"))
    [message] = deliveries(webhook)
    assert (message.status, message.attempts, len(message.log)) == ("succeeded", 2, 1)


def test_a_claim_leaves_room_for_other_webhooks_and_skips_busy_ones(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    second = subscribe(cast.admin.actor, receiver.url)
    for _ in range(6):
        happen(cast)

    assert messages.claim(limit=0) == []
    claimed = messages.claim(limit=10, busy=[webhook.pk])

    assert [message.webhook_id for message in claimed] == [second.pk] * messages.PER_WEBHOOK
    assert len(messages.claim(limit=3)) == 3


def test_no_transaction_is_open_while_a_message_is_on_its_way(
    transactional_db: None, receiver: HttpServer
) -> None:
    cast = make_cast()
    webhook = subscribe(cast.admin.actor, receiver.url)
    happen(cast)
    seen: list[list[str]] = []

    def look(_request: object) -> Answer:
        with connection.cursor() as cursor:  # of the server's own thread
            cursor.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            seen.append([row[0] for row in cursor.fetchall()])
        connection.close()
        return Answer()

    receiver.otherwise = look

    assert send_due() == 1
    assert seen == [[]]
    assert deliveries(webhook)[0].status == "succeeded"


def test_while_a_secret_is_rotated_both_sign(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    with scope(cast.admin.actor):
        _, new = rotate_secret(actor=cast.admin.actor, pk=webhook.pk)
    happen(cast)
    send_due()

    [request] = receiver.requests
    given = request.headers["webhook-signature"].split(" ")
    assert given == [signature(new, request), signature(SECRET, request)]

    with system_scope():
        Webhook.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    happen(cast)
    send_due()
    last = receiver.requests[-1]
    assert last.headers["webhook-signature"] == signature(new, last)


def test_messages_of_a_disabled_webhook_wait(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    happen(cast)
    with scope(cast.admin.actor):
        disable_webhook(actor=cast.admin.actor, pk=webhook.pk)

    assert send_due() == 0

    with scope(cast.admin.actor):
        enable_webhook(actor=cast.admin.actor, pk=webhook.pk)
    assert send_due() == 1


def test_a_message_whose_event_is_gone_fails_for_good(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    happen(cast)
    with system_scope():
        WebhookDelivery.objects.update(event_id=webhook.pk)

    send_due()

    [message] = deliveries(webhook)
    assert (message.status, message.last_error) == (
        "failed",
        "The event is not in the store any more.",
    )
    assert json.dumps(message.log[0]["status"]) == "null"
    assert receiver.requests == []


def test_a_run_ends_in_time_and_asks_for_the_next(
    cast: Cast, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(cast)
    rung: list[str] = []
    monkeypatch.setattr(sending, "RUN_SECONDS", -1.0)
    monkeypatch.setattr(Doorbell, "ring", lambda bell: rung.append(bell.task))

    assert send_due() == 0
    assert rung == [send_webhooks.name]


def test_the_example_of_the_documentation_verifies_a_message(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    page = (Path(__file__).parents[3] / "docs/webhooks.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], example)  # noqa: S102 - our own text
    happen(cast)
    send_due()
    [request] = receiver.requests

    example["verify"](SECRET, request.headers, request.body)

    with pytest.raises(ValueError, match="wrong signature"):
        example["verify"](SECRET, request.headers, request.body + b" ")
    with pytest.raises(ValueError, match="wrong signature"):
        example["verify"]("whsec_" + "A" * 44, request.headers, request.body)
    with pytest.raises(ValueError, match="too old"):
        example["verify"](SECRET, {**request.headers, "webhook-timestamp": "1"}, request.body)
