"""The step that sends a request: what goes out, what comes back, what is refused."""

import gzip
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from pydantic import ValidationError
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from spindles.choices import Category, LogLevel
from spindles.registry.kinds import Place, StepContext, step_kinds
from spindles.registry.results import Done, StepError
from spindles.services.credentials import create_credential
from spindles.steps.http import exchange
from spindles.steps.http.params import HttpRequestParams
from tests.factories import Cast
from tests.http_server import Answer, HttpServer, Request, http_server
from tests.spindles.steps.running import KEY, Lines, context_of, run_step


@pytest.fixture
def server(settings: Settings) -> Iterator[HttpServer]:
    """Return a server that may be reached from here."""
    with http_server() as running:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.fixture
def inside() -> Iterator[HttpServer]:
    """Return a server that may not be reached from here."""
    with http_server() as running:
        yield running


def send(params: dict[str, Any], context: StepContext | None = None) -> dict[str, Any]:
    """Return the output of the step."""
    done = run_step("http_request", {"method": "GET", **params}, context=context or context_of())
    assert isinstance(done, Done)
    output: dict[str, Any] = done.output
    return output


def refused(params: dict[str, Any], context: StepContext | None = None) -> StepError:
    """Return why the step failed."""
    with pytest.raises(StepError) as failure:
        send(params, context)
    return failure.value


def test_a_request_goes_out_with_the_key_of_its_try(server: HttpServer) -> None:
    output = send(
        {
            "method": "post",
            "url": f"{server.url}/orders?a=1",
            "headers": {"X-Trace": "t", "Content-Type": "application/vnd.orders+json"},
            "query": {"b": [2, True], "c": None, "d": "ä b"},
            "json": {"n": 3},
        }
    )

    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/orders?a=1&b=2&b=true&d=%C3%A4+b")
    assert request.json == {"n": 3}
    assert request.headers["idempotency-key"] == KEY
    assert request.headers["x-trace"] == "t"
    assert request.headers["content-type"] == "application/vnd.orders+json"
    assert request.headers["user-agent"] == "Nodeloom"
    assert (output["status"], output["body"]) == (200, "")


def test_a_key_of_ones_own_is_left_alone(server: HttpServer) -> None:
    send({"url": server.url, "headers": {"Idempotency-Key": "mine"}, "method": "PUT", "body": "ä"})

    [request] = server.requests
    assert request.headers["idempotency-key"] == "mine"
    assert request.headers["content-type"] == "text/plain; charset=utf-8"
    assert request.body.decode() == "ä"


def test_a_body_of_null_is_sent(server: HttpServer) -> None:
    send({"url": server.url, "method": "POST", "json": None})

    assert server.requests[0].body == b"null"


def test_the_answer_is_told_in_the_log(server: HttpServer) -> None:
    context = context_of()
    send({"url": f"{server.url}/?token=secret"}, context)

    assert isinstance(context.log, Lines)
    assert context.log.lines == [(LogLevel.INFO, "GET answered 200.", {"status": 200})]


@pytest.mark.parametrize(
    ("media", "body", "expected", "encoding"),
    [
        ("application/json", b'{"a": [1]}', {"a": [1]}, None),
        ("application/problem+json; charset=utf-8", b"[]", [], None),
        ("application/json", b"not json", "not json", None),
        ("text/plain", "ä".encode(), "ä", None),
        ("text/plain; charset=latin-1", "ä".encode("latin-1"), "ä", None),
        ("text/plain; charset=nonsense", b"abc", "abc", None),
        ("text/plain", b"\xff\xfe", "//4=", "base64"),
        ("application/octet-stream", b"a\0b", "YQBi", "base64"),
        ("", b"", "", None),
    ],
)
def test_the_body_is_read_as_what_it_is(
    server: HttpServer, media: str, body: bytes, expected: Any, encoding: str | None
) -> None:
    server.script = [Answer(body=body, headers={"Content-Type": media, "X-Y": "1"})]

    output = send({"url": server.url})

    assert output["body"] == expected
    assert output.get("encoding") == encoding
    assert output["headers"]["x-y"] == "1"


def test_a_compressed_body_is_unpacked(server: HttpServer) -> None:
    server.script = [Answer(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})]

    assert send({"url": server.url})["body"] == "hello"


@pytest.mark.parametrize(
    ("status", "ok", "good"),
    [
        (204, None, True),
        (399, None, True),
        (404, None, False),
        (404, [404, 200], True),
        (200, [201], False),
    ],
)
def test_which_answers_are_good(
    server: HttpServer, status: int, ok: list[int] | None, good: bool
) -> None:
    server.script = [Answer(status=status)]
    params = {"url": server.url, "ok_statuses": ok}

    if good:
        assert send(params)["status"] == status
    else:
        assert refused(params).code == f"http_{status}"


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (401, False), (404, False), (408, True), (410, False), (425, True),
     (429, True), (500, True), (503, True)],
)  # fmt: skip
def test_which_statuses_may_pass(server: HttpServer, status: int, retryable: bool) -> None:
    server.script = [Answer(status=status, body=b"why \0" + b"x" * 5000)]

    failure = refused({"url": server.url})

    assert (failure.code, failure.category) == (f"http_{status}", Category.EXTERNAL)
    assert failure.retryable is retryable
    assert failure.message == f"The other side answered {status}."
    assert failure.details["body"].startswith("why �xxx")
    assert len(failure.details["body"]) == 1000


def test_the_wait_that_the_other_side_asks_for_is_told(server: HttpServer) -> None:
    server.script = [Answer(status=429, headers={"Retry-After": "17"}), Answer(status=503)]

    assert refused({"url": server.url}).retry_after == 17
    assert refused({"url": server.url}).retry_after is None


def test_redirects_are_followed(server: HttpServer) -> None:
    server.script = [
        Answer(status=302, headers={"Location": "/there"}),
        Answer(body={"ok": True}, headers={"Content-Type": "application/json"}),
    ]

    assert send({"url": server.url, "method": "POST", "json": {}})["body"] == {"ok": True}
    assert [(one.method, one.path) for one in server.requests] == [("POST", "/"), ("GET", "/there")]


def test_redirects_may_be_left_alone(server: HttpServer) -> None:
    server.script = [Answer(status=302, headers={"Location": "/there"})]

    output = send({"url": server.url, "follow_redirects": False})
    assert (output["status"], output["headers"]["location"]) == (302, "/there")
    assert len(server.requests) == 1


def test_endless_redirects_are_given_up(server: HttpServer) -> None:
    server.otherwise = lambda _: Answer(status=307, headers={"Location": "/again"})

    failure = refused({"url": server.url})
    assert (failure.code, failure.retryable) == ("too_many_redirects", False)
    assert len(server.requests) == 6


def test_the_inside_is_not_reached(server: HttpServer, inside: HttpServer) -> None:
    server.script = [Answer(status=302, headers={"Location": inside.url})]

    failures = [refused({"url": inside.url}), refused({"url": server.url})]

    assert {(one.code, one.category, one.retryable) for one in failures} == {
        ("outbound_refused", Category.PERMISSION, False)
    }
    assert inside.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "example.com", "http://[::1/", "file:///etc/passwd", "http://"]
)
def test_what_is_no_address_fails_for_good(url: str) -> None:
    failure = refused({"url": url})

    assert failure.retryable is False
    assert failure.code in ("invalid_url", "outbound_refused")


def test_nobody_there_may_be_there_later(settings: Settings) -> None:
    with http_server() as gone:
        url = gone.url
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]

    failure = refused({"url": url})
    assert (failure.code, failure.category) == ("no_answer", Category.EXTERNAL)
    assert failure.retryable is True


def test_a_slow_answer_times_out(server: HttpServer) -> None:
    def slow(request: Request) -> Answer:
        time.sleep(1)  # the other side takes longer than the step waits
        return Answer()

    server.otherwise = slow

    failure = refused({"url": server.url, "timeout": 0.2})
    assert (failure.code, failure.category) == ("http_timeout", Category.TIMEOUT)
    assert failure.message == "No answer within 0.2 seconds."
    assert failure.retryable is True


def test_an_answer_that_is_too_large_is_not_kept(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exchange.MAX_BODY == 10 * 1024 * 1024
    monkeypatch.setattr(exchange, "MAX_BODY", 1024)
    server.script = [Answer(body=b"x" * 1024), Answer(body=gzip.compress(b"x" * 1025),
                     headers={"Content-Encoding": "gzip"})]  # fmt: skip

    assert len(send({"url": server.url})["body"]) == 1024
    failure = refused({"url": server.url})
    assert (failure.code, failure.category) == ("response_too_large", Category.RESOURCE)
    assert failure.retryable is False


@pytest.fixture
def context(cast: Cast) -> StepContext:
    """Return a step of an editor whose organisation has a credential."""
    with scope(cast.admin.actor):
        kinds: dict[str, dict[str, Any]] = {
            "token": {"kind": "bearer"},
            "key": {"kind": "header", "header": "X-Api-Key"},
            "narrow": {"kind": "bearer", "hosts": ["api.example.com"]},
        }
        for name, values in kinds.items():
            create_credential(actor=cast.admin.actor, name=name, secret="t0ps3cret", **values)
    return context_of(cast.editor.actor)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "header", "value"),
    [("token", "authorization", "Bearer t0ps3cret"), ("key", "x-api-key", "t0ps3cret")],
)
def test_a_credential_is_shown_to_its_origin_alone(
    server: HttpServer, settings: Settings, context: StepContext, name: str, header: str, value: str
) -> None:
    with http_server() as other:
        settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, f"127.0.0.1:{other.port}"]
        server.script = [
            Answer(status=307, headers={"Location": "/next"}),
            Answer(status=307, headers={"Location": other.url}),
        ]
        send({"url": server.url, "credential": name}, context)

        assert [request.headers.get(header) for request in server.requests] == [value, value]
        assert [request.headers.get(header) for request in other.requests] == [None]


@pytest.mark.django_db
def test_a_credential_that_comes_back_is_masked(server: HttpServer, context: StepContext) -> None:
    def echo(request: Request) -> Answer:
        seen = request.headers["authorization"]
        return Answer(
            body={"seen": seen}, headers={"X-Seen": seen, "Content-Type": "application/json"}
        )

    server.otherwise = echo

    output = send({"url": server.url, "credential": "token"}, context)
    assert output["body"] == {"seen": "Bearer ***"}
    assert output["headers"]["x-seen"] == "Bearer ***"
    failure = refused({"url": server.url, "credential": "token", "ok_statuses": [201]}, context)
    assert "t0ps3cret" not in str(failure.details)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "code", "category"),
    [
        ("unknown", "not_found", Category.VALIDATION),
        ("narrow", "permission_denied", Category.PERMISSION),
    ],
)
def test_a_credential_that_may_not_be_used_sends_nothing(
    server: HttpServer, context: StepContext, name: str, code: str, category: Category
) -> None:
    failure = refused({"url": server.url, "credential": name}, context)

    assert (failure.code, failure.category, failure.retryable) == (code, category, False)
    assert server.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"method": "BREW"},
        {"url": ""},
        {"json": 1, "body": "x"},
        {"headers": {"Host": "x"}},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"X A": "a"}},
        {"ok_statuses": []},
        {"ok_statuses": [99]},
        {"timeout": 0},
        {"timeout": 3601},
        {"retries": 3},
    ],
)
def test_parameters_outside_the_schema_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step("http_request", {"method": "GET", "url": "https://example.com/", **change})


def test_parameters_survive_the_way_to_another_process() -> None:
    written = {"method": "POST", "url": "https://example.com/", "json": None, "query": {"a": [1]}}
    params = HttpRequestParams.model_validate(written)

    told = params.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert orjson.loads(orjson.dumps(told)) == written
    assert HttpRequestParams.model_validate(told) == params


def test_it_runs_outside_and_is_answered_from_the_recording() -> None:
    kind = step_kinds.get("http_request")
    assert kind is not None

    assert (kind.place, kind.has_effect) == (Place.OUTSIDE, True)
