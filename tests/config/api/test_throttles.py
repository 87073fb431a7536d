"""Rate limits by class of caller, and none while Valkey is away."""

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from config import valkey
from config.api.throttles import parse_rate
from tests.config.api.conftest import named

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rates(settings: Settings) -> None:
    """Small limits, so that they are reached."""
    settings.RATES = {"anon": "2/15min", "user": "3/min", "login": "1/h", "access_key": "4/min"}


def test_every_limited_answer_tells_what_is_left_and_the_last_one_when(
    stranger: APIClient,
) -> None:
    answers = [stranger.post("/api/v1/echo/", {}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"2"}
    assert 890 <= int(answers[2]["RateLimit-Reset"]) <= 900
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"]
    assert answers[2].json()["code"] == "rate_limited"


def test_a_refused_caller_is_counted_too(stranger: APIClient) -> None:
    statuses = [stranger.get("/api/v1/rows/").status_code for _ in range(3)]

    assert statuses == [401, 401, 429]


def test_each_user_has_an_allowance_of_their_own() -> None:
    for caller in ("ann@acme", "bob@acme"):
        client = named(caller)
        statuses = [client.post("/api/v1/echo/", {}).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(("caller", "limit"), [("ann@acme@key", "4"), ("ann@acme@own@9", "9")])
def test_an_access_key_has_its_own_limit(caller: str, limit: str) -> None:
    assert named(caller).post("/api/v1/echo/", {})["RateLimit-Limit"] == limit


def test_token_requests_have_a_limit_by_address(stranger: APIClient) -> None:
    url = "/api/v1/limited/"

    assert [stranger.get(url).status_code for _ in range(2)] == [200, 429]
    assert stranger.get(url, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_the_address_behind_a_proxy_is_the_one_the_proxy_wrote(
    stranger: APIClient, settings: Settings
) -> None:
    url = "/api/v1/limited/"
    claim = {"X-Forwarded-For": "6.6.6.6, 10.0.0.1"}

    assert stranger.get(url, headers=claim).status_code == 200
    # Without a proxy the header is the caller's invention.
    assert stranger.get(url, headers={"X-Forwarded-For": "10.0.0.2"}).status_code == 429
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert stranger.get(url, headers=claim).status_code == 200
    changed = {"X-Forwarded-For": "7.7.7.7, 10.0.0.1"}
    assert stranger.get(url, headers=changed).status_code == 429


def test_zero_turns_a_limit_off(stranger: APIClient, settings: Settings) -> None:
    settings.RATES = {**settings.RATES, "anon": "0"}

    answers = [stranger.post("/api/v1/echo/", {}) for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit-Limit" in answer for answer in answers)


@pytest.mark.usefixtures("valkey_away")
def test_while_valkey_is_away_everybody_passes_and_only_the_first_one_asks_for_it(
    stranger: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "PAUSE_SECONDS", 600)
    first = stranger.post("/api/v1/echo/", {})
    asked: list[str] = []
    monkeypatch.setattr(valkey, "get_redis_connection", asked.append)

    others = [stranger.post("/api/v1/echo/", {}) for _ in range(4)]

    assert [one.status_code for one in (first, *others)] == [200] * 5
    assert asked == []


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/15min", (100, 900)),
        ("60/min", (60, 60)),
        ("10/h", (10, 3600)),
        ("5/2d", (5, 172800)),
        ("0", None),
        ("0/min", None),
    ],
)
def test_rates_are_written_as_requests_per_time(text: str, rate: object) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["many", "10", "10/fortnight", "-1/min"])
def test_what_is_no_rate_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)
