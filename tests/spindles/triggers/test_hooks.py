"""Inbound webhooks: who may post, what the run is given, and that a delivery starts one run."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from node_links.webhooks.signing import make_secret, signature_headers
from spindles.models import Spindle, SpindleTrigger, TriggerFiring
from spindles.services import life_cycle
from tests.factories import Person, make_person
from tests.spindles.triggers.publishing import (
    firings_of,
    publish,
    publish_again,
    runs_of,
    trigger_of,
    triggers_of,
)

HOOK = {"kind": "webhook", "id": "hook", "path": "deploys"}
TOKEN = {**HOOK, "auth": "token"}
BODY = {"app": "shop", "ref": {"sha": "abc"}}
APP = [{"name": "app", "type": "string", "required": False}]


@pytest.fixture
def person(db: None) -> Person:
    return make_person(Role.OWNER)


def signed(
    spindle: Spindle, body: bytes, delivery_id: str = "", *, age: int = 0, secret: str = ""
) -> dict[str, str]:
    """Return the headers of a signed delivery that was sent `age` seconds ago."""
    return signature_headers(
        message_id=delivery_id or str(uuid7()),
        timestamp=int(time.time()) - age,
        body=body,
        signed_with=[secret or _secret_of(spindle)],
    )


def _secret_of(spindle: Spindle) -> str:
    rows = triggers_of(spindle).values()
    return next(row.secret or "" for row in rows if row.kind == "webhook")


def post(
    body: Any = BODY, headers: dict[str, str] | None = None, path: str = "deploys", **options: Any
) -> Any:
    """Post to a webhook as nobody in particular."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = options.pop("content_type", "application/json")
    address = f"/api/v1/hooks/{path}/"
    return Client().generic("POST", address, content, kind, headers=headers or {})


def send(spindle: Spindle, body: Any = BODY, delivery_id: str = "", **options: Any) -> Any:
    """Post a signed delivery."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    signing = {name: options.pop(name) for name in ("age", "secret") if name in options}
    return post(content, signed(spindle, content, delivery_id, **signing), **options)


def test_a_signed_delivery_starts_a_run(person: Person) -> None:
    spindle = publish(
        person,
        {**HOOK, "inputs": {"sha": "${{ trigger.payload.ref.sha }}"}},
        inputs=[*APP, {"name": "sha", "type": "string"}, {"name": "n", "type": "float",
                "default": 1.5}],
    )  # fmt: skip

    answer = send(spindle, {**BODY, "more": 1}, "delivery-1")

    assert answer.status_code == 202
    (run,) = runs_of(spindle)
    assert answer.json() == {
        "execution_id": str(run.pk),
        "delivery_id": "delivery-1",
        "status": "accepted",
    }
    assert run.inputs == {"app": "shop", "sha": "abc", "n": 1.5}
    assert (run.trigger_kind, run.environment, run.started_by_id) == ("webhook", "production", None)
    assert run.trigger["payload"] == {**BODY, "more": 1}
    assert (run.trigger["id"], run.trigger["delivery_id"]) == ("hook", "delivery-1")
    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.occurrence, firing.execution_id) == (
        "started", "delivery-1", run.pk,
    )  # fmt: skip


def test_a_repeated_delivery_is_answered_with_the_first_run(person: Person) -> None:
    spindle = publish(person, HOOK)

    first, again = (send(spindle, delivery_id="delivery-1") for _ in range(2))
    other = send(spindle, delivery_id="delivery-2")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert other.json()["execution_id"] != first.json()["execution_id"]
    assert len(runs_of(spindle)) == 2


def test_a_delivery_id_is_good_for_a_day(person: Person) -> None:
    spindle = publish(person, HOOK)
    send(spindle, delivery_id="delivery-1")
    with system_scope():
        TriggerFiring.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    send(spindle, delivery_id="delivery-1")
    send(spindle, delivery_id="delivery-1")

    assert len(runs_of(spindle)) == 2
    assert len(firings_of(spindle)) == 2


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_start_one_run(transactional_db: None, live_server: LiveServer) -> None:
    spindle = publish(make_person(Role.OWNER), HOOK)
    body = json.dumps(BODY).encode()
    headers = {**signed(spindle, body, "delivery-1"), "Content-Type": "application/json"}

    def deliver(_: int) -> tuple[int, bytes]:
        address = f"{live_server.url}/api/v1/hooks/deploys/"
        answer = httpx2.post(address, content=body, headers=headers, timeout=60)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(deliver, range(10)))

    (run,) = runs_of(spindle)
    ((code, content),) = answers
    assert (code, json.loads(content)["execution_id"]) == (202, str(run.pk))
    assert len(firings_of(spindle)) == 1


@pytest.mark.parametrize(
    "wrong",
    ["nothing", "other body", "other secret", "too old", "too new", "no id", "no time", "no text"],
)
def test_who_cannot_prove_who_they_are_is_turned_away(person: Person, wrong: str) -> None:
    spindle = publish(person, HOOK)
    body = json.dumps(BODY).encode()
    headers = signed(
        spindle,
        b"{}" if wrong == "other body" else body,
        age={"too old": 301, "too new": -310}.get(wrong, 0),
        secret=make_secret() if wrong == "other secret" else "",
    )
    for name, about in (("webhook-id", "no id"), ("webhook-timestamp", "no time")):
        if wrong == about:
            headers[name] = ""
    if wrong == "no text":
        headers["webhook-signature"] = "v1,\xfc"

    answer = post(body, {} if wrong == "nothing" else headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert answer["WWW-Authenticate"] == 'Bearer realm="hook"'
    assert runs_of(spindle) == []
    assert firings_of(spindle) == []


def test_the_tolerance_is_the_authors(person: Person) -> None:
    spindle = publish(person, {**HOOK, "tolerance": 10})

    assert send(spindle, age=11).status_code == 401
    assert send(spindle, age=8).status_code == 202


def test_a_token_is_enough_where_the_author_says_so(person: Person) -> None:
    spindle = publish(person, TOKEN)
    token = trigger_of(spindle).secret

    assert post(headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    assert post(headers={"Authorization": f"Basic {token}"}).status_code == 401
    assert post().status_code == 401
    assert runs_of(spindle) == []

    # Without an id no delivery is a repeated one.
    bearer = {"Authorization": f"Bearer {token}"}
    assert [post(headers=bearer).status_code for _ in range(2)] == [202, 202]
    named = {**bearer, "Idempotency-Key": "delivery-1"}
    assert len({post(headers=named).content for _ in range(2)}) == 1
    assert len(runs_of(spindle)) == 3


def test_a_signature_does_not_stand_for_a_token(person: Person) -> None:
    spindle = publish(person, HOOK)

    answer = post(headers={"Authorization": f"Bearer {trigger_of(spindle).secret}"})

    assert answer.status_code == 401


def test_unknown_addresses_and_silent_webhooks_are_not_found(person: Person) -> None:
    spindle = publish(person, HOOK)
    assert post(path="nowhere").status_code == 404
    assert post(path=f"{make_person(Role.OWNER).organization.slug}/deploys").status_code == 404

    with scope(person.actor):
        life_cycle.deactivate_spindle(actor=person.actor, pk=spindle.pk)

    assert send(spindle).status_code == 404
    assert runs_of(spindle) == []


def test_the_secret_tells_organisations_with_one_path_apart(person: Person) -> None:
    other = make_person(Role.OWNER)
    mine, theirs = publish(person, HOOK), publish(other, HOOK)

    assert send(mine).status_code == send(theirs).status_code == 202
    assert (len(runs_of(mine)), len(runs_of(theirs))) == (1, 1)
    assert runs_of(mine)[0].organization_id == person.organization.pk

    own, foreign = (one.organization.slug for one in (person, other))
    assert send(mine, path=f"{own}/deploys").status_code == 202
    assert send(mine, path=f"{foreign}/deploys").status_code == 401
    assert (len(runs_of(mine)), len(runs_of(theirs))) == (2, 1)


@pytest.mark.parametrize(
    ("content_type", "body", "payload"),
    [
        ("application/json; charset=utf-8", b'[1, {"a": null}]', [1, {"a": None}]),
        ("application/cloudevents+json", b'"text"', "text"),
        ("application/x-www-form-urlencoded", b"a=1&b=2&b=3&c=", {"a": "1", "b": ["2", "3"],
                                                                  "c": ""}),
        ("text/plain; charset=latin-1", "für".encode("latin-1"), "für"),
        ("application/json", b"", None),
        ("", b"{}", {}),
    ],
)  # fmt: skip
def test_the_body_is_the_payload(
    person: Person, content_type: str, body: bytes, payload: Any
) -> None:
    spindle = publish(person, HOOK)

    assert send(spindle, body, content_type=content_type).status_code == 202

    assert runs_of(spindle)[0].trigger["payload"] == payload


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b'{"a": 1, "a": 2}', 400),
        ("text/plain", b"\xff", 400),
        ("text/plain; charset=klingon", b"x", 400),
        ("text/plain", b"a\x00b", 400),
        ("application/pdf", b"%PDF", 415),
    ],
)
def test_what_cannot_be_read_is_refused(
    person: Person, content_type: str, body: bytes, status: int
) -> None:
    spindle = publish(person, HOOK)

    assert send(spindle, body, content_type=content_type).status_code == status
    assert runs_of(spindle) == []


def test_what_is_too_large_is_refused_before_it_is_looked_at(person: Person, settings: Any) -> None:
    settings.HOOK_MAX_BYTES = 20
    spindle = publish(person, HOOK)

    assert send(spindle, b'{"a": "0123456789"}').status_code == 202
    assert send(spindle, b'{"a": "0123456789ab"}').status_code == 413
    assert post(b"x" * 21, path="nowhere").status_code == 413
    assert send(spindle, delivery_id="x" * 201).status_code in (400, 413)
    assert len(runs_of(spindle)) == 1


def test_the_id_of_a_delivery_is_short(person: Person) -> None:
    spindle = publish(person, HOOK)

    assert send(spindle, delivery_id="x" * 201).status_code == 400
    assert send(spindle, delivery_id="x" * 200).status_code == 202


def test_a_delivery_that_does_not_fit_is_told_and_may_come_again(person: Person) -> None:
    spindle = publish(person, HOOK, inputs=[{"name": "app", "type": "string"}])

    answer = send(spindle, {"app": 7}, "delivery-1")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/inputs/app")
    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.occurrence, firing.execution_id) == ("refused", None, None)
    assert firing.reason == "validation_error: /inputs/app: A text is needed."
    assert runs_of(spindle) == []

    assert send(spindle, {"app": "shop"}, "delivery-1").status_code == 202
    assert len(runs_of(spindle)) == 1


def test_only_the_published_version_is_started(person: Person) -> None:
    spindle = publish(person, HOOK)
    publish_again(person, spindle, HOOK)

    send(spindle)

    assert [run.source_version for run in runs_of(spindle)] == ["1.1.0"]


def test_whoever_posts_too_often_has_to_wait(person: Person, settings: Any) -> None:
    settings.RATES = {**settings.RATES, "hook": "2/min"}
    spindle = publish(person, HOOK)

    answers = [send(spindle) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert answers[2]["RateLimit-Limit"] == "2"
    assert len(runs_of(spindle)) == 2


def test_only_posting_is_possible(person: Person) -> None:
    publish(person, HOOK)

    assert Client().get("/api/v1/hooks/deploys/").status_code == 405


def test_nothing_of_another_organisation_is_in_reach_of_the_run(person: Person) -> None:
    spindle = publish(person, HOOK)
    send(spindle)

    with scope(make_person(Role.OWNER).actor):
        assert list(SpindleTrigger.objects.all()) == []
        assert list(TriggerFiring.objects.all()) == []
