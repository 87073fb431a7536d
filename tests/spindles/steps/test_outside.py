"""Kinds that work outside, performed from the message that a step process gets."""

from typing import Any

import orjson
import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from accounts.tenancy import system_scope
from config.ids import uuid7
from node_links.search.backlog import drain
from spindles.engine import outside
from spindles.engine.outside import perform
from spindles.models import ExecutionLog
from tests.factories import Cast, make_sop
from tests.http_server import Answer, http_server
from tests.spindles.runs import plan_of, start, step
from tests.spindles.steps.running import KEY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keep_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step process begins by closing what it inherited; here that is the test's own."""
    monkeypatch.setattr(outside, "close_old_connections", lambda: None)


def perform_for(cast: Cast, kind: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what the process answers, without the time it took."""
    run = start(cast.editor.actor, plan_of(step("a")))
    payload = {
        "kind": kind,
        "params": params,
        "execution_id": str(run.pk),
        "organization_id": str(cast.editor.organization.pk),
        "user_id": str(cast.editor.user.pk),
        "role": cast.editor.role,
        "step_id": "a",
        "attempt": 1,
        "idempotency_key": KEY,
        "environment": "production",
        "variables": {"inputs": {}},
        "secrets": [],
    }
    answer: dict[str, Any] = orjson.loads(perform(orjson.dumps(payload)))
    assert answer.pop("seconds") >= 0
    return answer


def test_a_request_is_sent_and_logged(cast: Cast, settings: Settings) -> None:
    with http_server() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        server.script = [Answer(status=503, headers={"Retry-After": "9"})]
        params = {"method": "POST", "url": server.url, "json": {"n": 1}}

        failed = perform_for(cast, "http_request", params)
        done = perform_for(cast, "http_request", params)

    assert {name: failed["error"][name] for name in ("code", "retryable", "retry_after")} == {
        "code": "http_503",
        "retryable": True,
        "retry_after": 9.0,
    }
    assert (done["output"]["status"], done["output"]["body"]) == (200, "")
    assert [request.headers["idempotency-key"] for request in server.requests] == [KEY, KEY]
    with system_scope():
        messages = set(ExecutionLog.objects.values_list("message", flat=True))
    assert {"POST answered 503.", "POST answered 200."} <= messages


def test_a_mail_is_sent(cast: Cast) -> None:
    params = {"to": ["ann@example.com"], "subject": "Paid", "body": "It is."}

    done = perform_for(cast, "email", params)

    assert done["output"]["message_id"].startswith(f"<{KEY[:32]}@")
    assert [letter.to for letter in mail.outbox] == [["ann@example.com"]]


def test_knowledge_is_searched(cast: Cast) -> None:
    make_sop(cast.editor, title="Restart the pump")
    drain()

    done = perform_for(cast, "kb_search", {"query": "pump", "mode": "text"})

    assert [hit["title"] for hit in done["output"]["hits"]] == ["Restart the pump"]


def test_an_unknown_id_is_not_found(cast: Cast) -> None:
    params = {"method": "GET", "url": "https://example.com/", "credential": f"c-{uuid7()}"}

    assert perform_for(cast, "http_request", params)["error"]["code"] == "not_found"
