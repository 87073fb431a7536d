"""A worker is killed between the answer of a receiver and the note of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.faults.installation import Installation, eventually
from tests.http_server import Answer, HttpServer, Request, http_server

WEBHOOKS = "/api/v1/webhooks/"
ROW = "SELECT FROM webhook_deliveries WHERE webhook_id = %s FOR UPDATE"
# The one who stores the outcome waits for whoever holds the row.
WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    AND query LIKE '%%webhook_deliveries%%FOR UPDATE%%' AND usename = 'nodeloom_app'
"""


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    """Return a server that messages are sent to."""
    with http_server() as running:
        yield running


def test_a_message_whose_sender_was_killed_is_sent_again_under_the_same_id(
    installation: Installation, receiver: HttpServer
) -> None:
    body = {"url": receiver.url, "types": ["SopUpdated"]}
    status, webhook = installation.ask("writer", "POST", WEBHOOKS, body)
    assert status == 201, webhook
    key = UUID(webhook["id"])

    with installation.connect() as holder, holder.transaction():
        # Nobody can note an outcome from the moment at which the message arrives.
        def hold(_request: Request) -> Answer:
            assert len(holder.execute(ROW, [key]).fetchall()) == 1
            return Answer(200, b"taken")

        receiver.script, receiver.otherwise = [], hold
        path = f"/api/v1/sops/{installation.sops[0]}/"
        assert installation.ask("writer", "PATCH", path, {"summary": "Webhook"})[0] == 200
        eventually(lambda: installation.rows(WAITING))
        installation.kill("worker")

    receiver.otherwise = lambda request: Answer(200, b"again")
    deliveries = f"{WEBHOOKS}{webhook['id']}/deliveries/"
    [unfinished] = installation.ask("writer", "GET", deliveries)[1]["results"]
    assert (unfinished["status"], unfinished["attempts"]) == ("pending", 1)
    assert unfinished["log"] == []

    # The lease of the dead would end in half a minute.
    installation.act("UPDATE webhook_deliveries SET not_before = now() WHERE webhook_id = %s", key)
    installation.start("worker")
    eventually(lambda: len(receiver.requests) == 2)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    eventually(
        lambda: (
            installation.ask("writer", "GET", deliveries)[1]["results"][0]["status"] != "pending"
        )
    )
    [delivery] = installation.ask("writer", "GET", deliveries)[1]["results"]
    assert (delivery["status"], delivery["attempts"]) == ("succeeded", 2)
    assert (delivery["last_status"], delivery["last_response"]) == (200, "again")
    # The first try was counted, and what came of it nobody knows.
    assert [(entry["attempt"], entry["status"]) for entry in delivery["log"]] == [(2, 200)]
    assert installation.dead() == []
