"""Webhooks over REST: what administrators may do, what is refused, what is never shown."""

import base64
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope, system_scope
from config.exceptions import Forbidden, NotFound, RevisionConflict
from node_links.models import Webhook, WebhookDelivery
from node_links.webhooks.sending import send_due
from node_links.webhooks.services import create_webhook, delete_webhook
from tests.accounts.conftest import errors, refusal
from tests.factories import Cast
from tests.http_server import Answer, HttpServer
from tests.node_links.webhooks.conftest import (
    SECRET,
    deliveries,
    happen,
    signature,
    stored,
    subscribe,
)

pytestmark = pytest.mark.django_db

HOOKS = "/api/v1/webhooks/"
URL = "https://hooks.example.com/in?token=1"


def address(webhook: Webhook, rest: str = "") -> str:
    return f"{HOOKS}{webhook.pk}/{rest}"


def test_a_webhook_is_made_and_its_secret_shown_once(cast: Cast) -> None:
    sent = {
        "url": URL,
        "types": ["Sop*", "WebhookDisabled", "Sop*"],
        "filter": {"feature_type": "knowledge-base"},
        "description": "Intranet",
    }
    answer = cast.admin.client.post(HOOKS, sent, HTTP_IDEMPOTENCY_KEY="once")

    assert answer.status_code == 201, answer.content
    assert answer["ETag"] == '"1"'
    body = answer.json()
    key = base64.b64decode(body.pop("secret").removeprefix("whsec_"), validate=True)
    assert len(key) == 32
    assert body == {
        "id": body["id"],
        "url": URL,
        "types": ["Sop*", "WebhookDisabled"],
        "filter": {"feature_type": "knowledge-base"},
        "description": "Intranet",
        "status": "active",
        "failures": 0,
        "disabled_at": None,
        "disabled_reason": "",
        "previous_until": None,
        "revision": 1,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert cast.owner.client.get(f"{HOOKS}{body['id']}/").json() == body
    assert cast.owner.client.get(HOOKS).json()["results"] == [body]
    assert cast.owner.client.get(f"{HOOKS}?status=disabled").json()["results"] == []


def test_a_secret_of_ones_own_is_taken_and_is_not_plain_at_rest(cast: Cast) -> None:
    answer = cast.admin.client.post(HOOKS, {"url": URL, "types": ["*"], "secret": SECRET})

    assert answer.json()["secret"] == SECRET
    with system_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(w)::text FROM webhooks w")
        [(row,)] = cursor.fetchall()
    assert SECRET not in row
    assert SECRET.removeprefix("whsec_") not in row


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "forbidden_address"),
        ("http://127.1:8000/", "forbidden_address"),
        ("http://2130706433/", "forbidden_address"),
        ("https://10.0.0.8/x", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://169.254.169.254/latest/meta-data/", "forbidden_address"),
        ("ftp://example.com/", "invalid"),
        ("https://", "invalid"),
        ("example.com", "invalid"),
        ("https://user:pass@example.com/", "invalid"),
        ("https://example.com:99999/", "invalid"),
        ("http://[::1/", "invalid"),
        ("https://exa mple.com/\n", "invalid"),
        ("", "blank"),
    ],
)
def test_an_address_that_may_not_be_sent_to_is_refused(cast: Cast, url: str, code: str) -> None:
    answer = cast.admin.client.post(HOOKS, {"url": url, "types": ["*"]})

    assert refusal(answer) == (400, "validation_error")
    assert errors(answer) == [("/url", code)]
    with system_scope():
        assert not Webhook.objects.exists()
    webhook = subscribe(cast.admin.actor, URL)
    patched = cast.admin.client.patch(address(webhook), {"url": url})
    assert errors(patched) == [("/url", code)]
    assert (stored(webhook).url, stored(webhook).revision) == (URL, 1)


def test_an_allowed_address_of_the_inside_is_taken(cast: Cast, receiver: HttpServer) -> None:
    answer = cast.admin.client.post(HOOKS, {"url": receiver.url, "types": ["*"]})

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"types": []}, ("/types", "min_length")),
        ({"types": ["sop created"]}, ("/types/0", "invalid_type")),
        ({"types": ["*Created"]}, ("/types/0", "invalid_type")),
        ({"filter": {"entity_id": "x"}}, ("/filter/entity_id", "invalid")),
        ({"filter": {"colour": "red"}}, ("/filter/colour", "unknown_field")),
        ({"secret": "hunter2"}, ("/secret", "invalid")),
        ({"secret": "whsec_!"}, ("/secret", "invalid")),
        ({"secret": "whsec_c2hvcnQ="}, ("/secret", "invalid")),
        ({"failing": 1}, ("/failing", "unknown_field")),
    ],
)
def test_a_malformed_webhook_is_refused(
    cast: Cast, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = cast.admin.client.post(HOOKS, {"url": URL, "types": ["*"], **change})

    assert answer.status_code == 400
    assert errors(answer) == [fault]
    with system_scope():
        assert not Webhook.objects.exists()


def test_only_administrators_come_near(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)
    for person in (cast.editor, cast.viewer):
        client = person.client
        for answer in (
            client.get(HOOKS),
            client.get(address(webhook)),
            client.post(HOOKS, {"url": URL, "types": ["*"]}),
            client.patch(address(webhook), {"description": "Mine"}),
            client.post(address(webhook, "rotate-secret/")),
            client.get(address(webhook, "deliveries/")),
            client.delete(address(webhook)),
        ):
            assert refusal(answer) == (403, "permission_denied")
    assert (stored(webhook).revision, stored(webhook).secret) == (1, SECRET)


def test_another_organisation_finds_nothing(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)
    client = cast.stranger.client
    for answer in (
        client.get(address(webhook)),
        client.patch(address(webhook), {"description": "Mine"}),
        client.post(address(webhook, "rotate-secret/")),
        client.post(address(webhook, "disable/")),
        client.post(address(webhook, "enable/")),
        client.post(address(webhook, "test/")),
        client.get(address(webhook, "deliveries/")),
        client.post(address(webhook, f"deliveries/{uuid4()}/retry/")),
        client.delete(address(webhook)),
        cast.admin.client.get(f"{HOOKS}{uuid4()}/"),
        cast.admin.client.get(f"{HOOKS}nonsense/"),
    ):
        assert refusal(answer) == (404, "not_found")
    assert client.get(HOOKS).json()["count"] == 0
    assert stored(webhook).revision == 1


def test_a_change_moves_the_revision_on_and_a_stale_one_is_refused(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)
    client = cast.admin.client

    same = client.patch(address(webhook), {"description": ""})
    changed = client.patch(address(webhook), {"types": ["SopPublished"], "filter": {}})
    stale = client.patch(address(webhook), {"description": "x"}, HTTP_IF_MATCH='"1"')

    assert same["ETag"] == '"1"'
    assert (changed["ETag"], changed.json()["types"]) == ('"2"', ["SopPublished"])
    assert refusal(stale) == (412, "revision_conflict")
    assert client.delete(address(webhook), HTTP_IF_MATCH='"1"').status_code == 412
    assert client.delete(address(webhook)).status_code == 204
    assert client.get(address(webhook)).status_code == 404


def test_a_rotated_secret_is_shown_once_and_the_old_one_goes_on_for_a_while(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)

    answer = cast.admin.client.post(address(webhook, "rotate-secret/"))

    after = stored(webhook)
    assert answer.status_code == 200
    assert answer.json()["secret"] == after.secret != SECRET
    assert after.previous_secret == SECRET
    assert answer.json()["previous_until"] is not None
    assert answer["ETag"] == '"2"'
    assert "secret" not in cast.admin.client.get(address(webhook)).json()


def test_services_check_the_caller_and_the_revision_themselves(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)

    with pytest.raises(Forbidden), scope(cast.editor.actor):
        create_webhook(actor=cast.editor.actor, url=URL, types=["*"])
    with pytest.raises(Forbidden), scope(cast.editor.actor):
        delete_webhook(actor=cast.editor.actor, pk=webhook.pk)
    with pytest.raises(RevisionConflict), scope(cast.admin.actor):
        delete_webhook(actor=cast.admin.actor, pk=webhook.pk, expected_revision=7)
    with pytest.raises(NotFound), scope(cast.stranger.actor):
        delete_webhook(actor=cast.stranger.actor, pk=webhook.pk)
    assert stored(webhook).revision == 1


def test_disabling_and_enabling_are_refused_where_nothing_would_change(cast: Cast) -> None:
    webhook = subscribe(cast.admin.actor, URL)
    client = cast.admin.client

    assert refusal(client.post(address(webhook, "enable/"))) == (409, "invalid_transition")
    assert client.post(address(webhook, "disable/")).json()["status"] == "disabled"
    assert refusal(client.post(address(webhook, "disable/"))) == (409, "invalid_transition")
    assert refusal(client.post(address(webhook, "test/"))) == (409, "invalid_transition")
    enabled = client.post(address(webhook, "enable/")).json()
    assert (enabled["status"], enabled["disabled_at"], enabled["disabled_reason"]) == (
        "active",
        None,
        "",
    )
    assert enabled["revision"] == 3


def test_a_test_sends_a_ping_and_the_log_tells_of_it(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    receiver.script = [Answer(200, b"thanks")]

    answer = cast.admin.client.post(address(webhook, "test/"))
    send_due()

    assert answer.status_code == 202
    [request] = receiver.requests
    assert request.headers["webhook-signature"] == signature(SECRET, request)
    assert request.json["type"] == "WebhookPing"
    assert request.json["id"] == answer.json()["event_id"] == request.headers["webhook-id"]
    [row] = cast.admin.client.get(address(webhook, "deliveries/")).json()["results"]
    assert row["log"] == [
        {**row["log"][0], "status": 200, "error": "", "duration_ms": row["duration_ms"]}
    ]
    told = {name: row[name] for name in ("status", "attempts", "last_status", "last_response")}
    assert told == {
        "status": "succeeded",
        "attempts": 1,
        "last_status": 200,
        "last_response": "thanks",
    }
    assert row["next_attempt_at"] is None
    assert answer.json()["next_attempt_at"] is not None


def test_the_log_goes_by_cursor_the_latest_first(cast: Cast, webhook: Webhook) -> None:
    events = [happen(cast) for _ in range(3)]

    first = cast.admin.client.get(address(webhook, "deliveries/?page_size=2")).json()
    second = cast.admin.client.get(first["next"]).json()

    listed = [row["event_id"] for row in (*first["results"], *second["results"])]
    assert listed == [str(event.id) for event in reversed(events)]
    assert second["next"] is None


def test_a_finished_message_is_sent_again_and_a_pending_one_is_not(
    cast: Cast, webhook: Webhook, receiver: HttpServer
) -> None:
    happen(cast)
    [message] = deliveries(webhook)
    retry = address(webhook, f"deliveries/{message.pk}/retry/")
    client = cast.admin.client

    assert refusal(client.post(retry)) == (409, "invalid_transition")
    send_due()
    assert client.post(retry).json()["status"] == "pending"
    send_due()

    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len(receiver.requests) == 2
    assert len(deliveries(webhook)[0].log) == 2
    foreign = subscribe(cast.admin.actor, receiver.url)
    for elsewhere in (
        address(foreign, f"deliveries/{message.pk}/retry/"),
        address(webhook, "deliveries/nonsense/retry/"),
    ):
        assert refusal(client.post(elsewhere)) == (404, "not_found")


def test_rows_cost_no_statements_of_their_own(cast: Cast, webhook: Webhook) -> None:
    client = cast.admin.client

    def spent(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    # Three are the request's own: a savepoint, its release, and entering the organisation.
    for _ in range(2):
        assert spent(HOOKS) == 5
        assert spent(address(webhook)) == 4
        assert spent(address(webhook, "deliveries/")) == 5
        subscribe(cast.admin.actor, URL)
        happen(cast)
    with system_scope():
        assert WebhookDelivery.objects.filter(webhook=webhook).count() == 2
