"""Requests: their id, their log line, their numbers, their last net."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, RequestFactory
from prometheus_client import REGISTRY
from pytest_django import Settings

from config.request_context import client_address, current_request_id

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.monitoring.urls")]


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("given", ["a", "x" * 128, "job-7/retry:2"])
def test_a_well_formed_request_id_is_kept_and_sent_back(client: Client, given: str) -> None:
    response = client.get("/api/echo/", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] == given
    assert response.content.decode() == given
    assert current_request_id() is None


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", "new\nline", "tab\t", "é"])
def test_a_malformed_request_id_is_replaced_by_a_fresh_one(client: Client, given: str) -> None:
    first = client.get("/api/echo/", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    second = client.get("/api/echo/", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert first != second
    assert (len(first), first[12]) == (32, "7")
    assert set(first) <= set("0123456789abcdef")


def test_the_asynchronous_server_carries_the_context_too(
    async_client: AsyncClient, lines: list[Any]
) -> None:
    response = async_to_sync(async_client.get)("/api/echo/", headers={"X-Request-ID": "r-a"})

    assert response.headers["X-Request-ID"] == response.content.decode() == "r-a"
    assert [(line["request_id"], line["user_id"]) for line in lines] == [("r-a", "user-1")]


def test_a_request_writes_one_line_with_all_that_identifies_it(
    client: Client, lines: list[Any]
) -> None:
    client.get("/api/echo/?token=hidden", headers={"X-Request-ID": "r-1"})

    (line,) = lines
    assert line.pop("duration_ms") > 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "r-1",
        "organization_id": "org-1",
        "user_id": "user-1",
        "method": "GET",
        "path": "/api/echo/",
        "status": 200,
        "client": "127.0.0.1",
    }


def test_the_context_of_one_request_does_not_reach_the_next(
    client: Client, lines: list[Any]
) -> None:
    client.get("/api/echo/")
    client.get("/api/nowhere/")

    assert "organization_id" in lines[0]
    assert "organization_id" not in lines[-1]


def test_probes_are_logged_below_the_usual_level(client: Client, lines: list[Any]) -> None:
    client.get("/health/live")

    assert [line["log_level"] for line in lines] == ["debug"]


def test_requests_are_counted_by_view_method_and_status(client: Client) -> None:
    labels = {"view": "echo", "method": "GET", "status": "200"}
    before = sample("nodeloom_http_requests_total", **labels)
    timed = sample("nodeloom_http_request_duration_seconds_count", view="echo", method="GET")

    client.get("/api/echo/?a=1")
    client.get("/api/echo/?a=2")

    assert sample("nodeloom_http_requests_total", **labels) == before + 2
    assert (
        sample("nodeloom_http_request_duration_seconds_count", view="echo", method="GET")
        == timed + 2
    )


def test_unknown_paths_and_methods_share_one_label(client: Client) -> None:
    labels = {"view": "unmatched", "method": "OTHER", "status": "404"}
    before = sample("nodeloom_http_requests_total", **labels)

    client.generic("BREW", "/api/pot-1/")
    client.generic("STIR", "/api/pot-2/")

    assert sample("nodeloom_http_requests_total", **labels) == before + 2


def test_an_unforeseen_error_is_a_problem_that_shows_nothing_of_the_inside(
    client: Client, lines: list[Any]
) -> None:
    response = client.get("/api/broken/", headers={"X-Request-ID": "r-2"})

    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "internal_error"
    assert response.json()["request_id"] == "r-2"
    assert b"the-inside" not in response.content
    (failure,) = [line for line in lines if line["event"] == "request_failed"]
    assert (failure["request_id"], repr(failure["exc_info"])) == ("r-2", "KeyError('the-inside')")


@pytest.mark.parametrize("path", ["database-down", "connection-closed"])
def test_a_lost_database_is_503_with_retry_after(
    client: Client, lines: list[Any], path: str
) -> None:
    response = client.get(f"/api/{path}/")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["code"] == "db_connection_error"
    assert b"10.0.0.1" not in response.content
    assert [line["event"] for line in lines] == ["database_unavailable", "request"]


@pytest.mark.parametrize(("path", "status"), [("missing", 404), ("forbidden", 403)])
def test_a_refusal_is_no_failure_in_the_log(
    client: Client, lines: list[Any], path: str, status: int
) -> None:
    response = client.get(f"/api/{path}/")

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert b"the-inside" not in response.content
    assert [line["event"] for line in lines] == ["request"]


def test_an_error_of_a_page_is_left_to_django(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/page/broken/")

    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith("text/html")
    assert len(response.headers["X-Request-ID"]) == 32


def test_the_caller_address_is_the_peer_unless_a_trusted_proxy_tells_it(
    rf: RequestFactory, settings: Settings
) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    settings.SECURE_PROXY_SSL_HEADER = None
    assert client_address(request) == "127.0.0.1"

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client_address(request) == "203.0.113.9"
    assert client_address(rf.get("/")) == "127.0.0.1"
