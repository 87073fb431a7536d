"""Which addresses requests from here may reach."""

import ipaddress
import socket
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from pytest_django.fixtures import Settings

from config import outbound
from config.exceptions import ExternalServiceException
from config.outbound import Allowance, GuardedBackend, OutboundRefused
from config.request_context import caused_by, request_context
from tests.http_server import Answer, HttpServer, Request, http_server


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[HttpServer]:
    with http_server() as running:
        yield running


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104 - an address to refuse, not to listen on
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)
def test_addresses_of_the_inside_are_not_public(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address)) is False


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address)) is True


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "covered"),
    [
        ("10.0.0.0/8", "x", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "x", "11.1.2.3", 80, False),
        ("10.1.2.3", "x", "10.1.2.3", 99, True),
        ("10.1.2.3:80", "x", "10.1.2.3", 80, True),
        ("10.1.2.3:80", "x", "10.1.2.3", 81, False),
        ("::1", "x", "::1", 80, True),
        ("[::1]:80", "x", "::1", 80, True),
        ("[::1]:80", "x", "::1", 81, False),
        ("fd00::/8", "x", "fd00::7", 80, True),
        ("llm.local", "llm.local", "10.0.0.1", 80, True),
        ("llm.local", "LLM.local.", "10.0.0.1", 80, True),
        ("LLM.local:80", "llm.local", "10.0.0.1", 80, True),
        ("llm.local:80", "llm.local", "10.0.0.1", 81, False),
        ("llm.local", "other.local", "10.0.0.1", 80, False),
        ("llm.local", "evil-llm.local", "10.0.0.1", 80, False),
    ],
)
def test_an_allowance_covers_exactly_what_it_names(
    entry: str, host: str, address: str, port: int, covered: bool
) -> None:
    allowance = Allowance.parse(entry)

    assert allowance.covers(host, ipaddress.ip_address(address), port) is covered


@pytest.mark.parametrize("entry", ["", "http://h", "h/path", "me@h", "h:port", "h?x"])
def test_what_is_no_allowance_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Allowance.parse(entry)


@pytest.mark.parametrize(
    ("url", "allowance"),
    [
        ("https://llm.local/v1", Allowance("llm.local", None, 443)),
        ("http://llm.local:8080/v1", Allowance("llm.local", None, 8080)),
        ("http://[::1]/v1", Allowance(None, ipaddress.ip_network("::1"), 80)),
    ],
)
def test_an_operators_address_allows_its_host_and_port(url: str, allowance: Allowance) -> None:
    assert Allowance.of_url(url) == allowance


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0", "[::ffff:127.0.0.1]"])
def test_a_request_to_the_inside_is_refused_before_it_connects(
    server: HttpServer, host: str
) -> None:
    with outbound.create_client() as client, pytest.raises(OutboundRefused) as refused:
        outbound.request(client, "GET", f"http://{host}:{server.port}/", service="s")

    assert (refused.value.status, refused.value.code) == (400, "outbound_refused")
    assert server.requests == []


@pytest.mark.parametrize("entry", ["127.0.0.0/8", "127.0.0.1:{port}"])
def test_a_request_to_an_allowed_address_arrives(
    server: HttpServer, settings: Settings, entry: str
) -> None:
    settings.OUTBOUND_ALLOW = [entry.format(port=server.port)]

    with outbound.create_client(headers={"X-From": "us"}) as client:
        response = outbound.request(client, "GET", f"{server.url}/a?b=c", service="s")

    assert response.status_code == 200
    assert [(one.method, one.path, one.headers["x-from"]) for one in server.requests] == [
        ("GET", "/a?b=c", "us")
    ]


def test_a_request_names_the_request_and_the_event_behind_it(server: HttpServer) -> None:
    event_id = uuid4()
    with outbound.create_client(operator_urls=[server.url]) as client:
        outbound.request(client, "GET", server.url, service="s")
        with request_context("r-3"), caused_by(event_id):
            outbound.request(client, "GET", server.url, service="s")
            own = {"X-Request-ID": "mine"}
            outbound.request(client, "GET", server.url, service="s", headers=own)

    named = [
        (one.headers.get("x-request-id"), one.headers.get("x-causation-id"))
        for one in server.requests
    ]
    assert named == [(None, None), ("r-3", str(event_id)), ("mine", str(event_id))]


def test_another_port_of_an_allowed_host_is_refused(server: HttpServer, other: HttpServer) -> None:
    with outbound.create_client(operator_urls=[server.url]) as client:
        outbound.request(client, "GET", server.url, service="s")
        with pytest.raises(OutboundRefused):
            outbound.request(client, "GET", other.url, service="s")

    assert other.requests == []


def test_a_redirect_to_the_inside_is_refused(server: HttpServer, other: HttpServer) -> None:
    server.otherwise = lambda request: Answer(302, headers={"Location": f"{other.url}/secret"})

    with (
        outbound.create_client(operator_urls=[server.url], follow_redirects=True) as client,
        pytest.raises(OutboundRefused),
    ):
        outbound.request(client, "GET", server.url, service="s")

    assert len(server.requests) == 1
    assert other.requests == []


def test_a_permitted_redirect_is_followed_only_when_asked_for(server: HttpServer) -> None:
    def hop(request: Request) -> Answer:
        if request.path == "/there":
            return Answer(body=b"here")
        return Answer(307, headers={"Location": "/there"})

    server.otherwise = hop
    with outbound.create_client(operator_urls=[server.url], follow_redirects=True) as client:
        assert outbound.request(client, "GET", server.url, service="s").content == b"here"
    with (
        outbound.create_client(operator_urls=[server.url]) as client,
        pytest.raises(ExternalServiceException) as refused,
    ):
        outbound.request(client, "GET", server.url, service="s")

    assert refused.value.status == 307


def test_redirects_without_end_are_given_up(server: HttpServer) -> None:
    server.otherwise = lambda request: Answer(302, headers={"Location": "/again"})

    with (
        outbound.create_client(operator_urls=[server.url], follow_redirects=True) as client,
        pytest.raises(ExternalServiceException, match="TooManyRedirects"),
    ):
        outbound.request(client, "GET", server.url, service="s")

    assert len(server.requests) == 6


def test_a_name_that_resolves_to_the_inside_is_refused_and_resolved_once(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with outbound.create_client() as client, pytest.raises(OutboundRefused) as refused:
        outbound.request(client, "GET", f"http://public.example:{server.port}/", service="s")

    assert asked == ["public.example"]
    assert refused.value.extra == {"host": "public.example"}
    assert server.requests == []


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        outbound,
        "_resolve",
        lambda host, port: [ipaddress.ip_address(one) for one in ("127.0.0.9", "127.0.0.1")],
    )

    stream = GuardedBackend([Allowance.parse("127.0.0.0/8")]).connect_tcp("h", server.port)

    assert stream.get_extra_info("server_addr") == ("127.0.0.1", server.port)
    stream.close()


def test_a_name_that_nobody_knows_is_a_failure_of_the_service() -> None:
    with outbound.create_client() as client, pytest.raises(ExternalServiceException) as failed:
        outbound.request(client, "GET", "http://no-such-host.invalid/", service="s")

    assert failed.value.status is None
    assert str(failed.value) == "s did not answer (ConnectError)."


@pytest.mark.parametrize("url", ["ftp://8.8.8.8/", "file:///etc/passwd", "http://[x/", "/here"])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with (
        outbound.create_client() as client,
        pytest.raises(OutboundRefused, match="Only http and https"),
    ):
        outbound.request(client, "GET", url, service="s")


def test_a_unix_socket_is_refused() -> None:
    with pytest.raises(OutboundRefused):
        GuardedBackend([]).connect_unix_socket("/run/docker.sock")


def test_proxies_of_the_environment_are_not_used(
    server: HttpServer, other: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", other.url)
    monkeypatch.setenv("ALL_PROXY", other.url)

    with outbound.create_client(operator_urls=[server.url]) as client:
        outbound.request(client, "GET", server.url, service="s")

    assert (len(server.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("answer", "details"),
    [
        (Answer(500, b"<html>"), {"error": None}),
        (Answer(401, {"error": {"code": "invalid_api_key"}}), {"error": "invalid_api_key"}),
        (Answer(400, {"error": {"type": "bad_request", "code": None}}), {"error": "bad_request"}),
        (Answer(400, {"error": {"code": "key is sk-123"}}), {"error": None}),
        (Answer(400, {"error": {"code": 7}}), {"error": None}),
        (Answer(400, {"error": "text"}), {"error": None}),
        (Answer(400, [1]), {"error": None}),
    ],
)
def test_an_answer_outside_200_is_a_failure_with_its_code(
    server: HttpServer, answer: Answer, details: dict[str, object]
) -> None:
    server.script = [answer]

    with (
        outbound.create_client(operator_urls=[server.url]) as client,
        pytest.raises(ExternalServiceException) as failed,
    ):
        outbound.request(client, "GET", f"{server.url}/x?key=secret", service="s")

    assert failed.value.status == answer.status
    assert failed.value.details == details
    assert failed.value.endpoint == f"{server.url}/x"
    assert str(failed.value) == f"s answered {answer.status}."


def test_retry_after_of_the_answer_is_kept(server: HttpServer) -> None:
    server.script = [Answer(429, headers={"Retry-After": "7"})]

    with (
        outbound.create_client(operator_urls=[server.url]) as client,
        pytest.raises(ExternalServiceException) as failed,
    ):
        outbound.request(client, "GET", server.url, service="s")

    assert failed.value.retry_after == 7


def test_an_answer_that_takes_too_long_is_a_failure() -> None:
    listener = socket.create_server(("127.0.0.1", 0))  # accepts, and never says a word
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    with (
        listener,
        outbound.create_client(operator_urls=[url], timeout=0.05) as client,
        pytest.raises(ExternalServiceException, match="ReadTimeout"),
    ):
        outbound.request(client, "GET", url, service="s")


def test_the_client_is_guarded_by_its_transport_alone() -> None:
    with outbound.create_client() as client:
        assert isinstance(client, httpx2.Client)
        with pytest.raises(OutboundRefused):
            client.get("http://127.0.0.1:1/")
