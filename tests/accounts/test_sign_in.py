"""Signing in with e-mail address and password, and the lock against guessing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as project
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.lockout import address_of
from accounts.models import User
from tests.accounts.conftest import ME, TOKEN, bearer, errors, refusal, sign_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def ann() -> User:
    return UserFactory.create(email="ann@example.com")


@pytest.fixture
def proxied(settings: Settings) -> Iterator[None]:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    yield


def _fail(times: int, email: str = "ann@example.com", **extra: Any) -> Any:
    for _ in range(times):
        answer = sign_in(email, "wrong", **extra)
    return answer


def test_the_right_password_gives_a_token_pair(ann: User) -> None:
    answer = sign_in("ann@example.com")

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    access = AccessToken(answer.json()["access"])
    assert access["user_id"] == str(ann.pk)
    # The two moments are taken one after the other, and a second may begin in between.
    assert access["exp"] - access["iat"] in (15 * 60, 15 * 60 - 1)


def test_the_address_counts_ignoring_case(ann: User) -> None:
    assert sign_in("Ann@Example.COM").status_code == 200


def test_wrong_password_unknown_account_and_disabled_account_look_alike(ann: User) -> None:
    UserFactory.create(email="gone@example.com", is_active=False)
    answers = [
        sign_in("ann@example.com", "wrong"),
        sign_in("nobody@example.com", "wrong"),
        sign_in("gone@example.com", PASSWORD),
    ]

    assert [refusal(answer) for answer in answers] == [(401, "invalid_credentials")] * 3
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="nodeloom"'}


def test_an_unknown_account_costs_as_much_hashing_as_a_wrong_password(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    sign_in("ann@example.com", "wrong")
    known = len(hashed)
    sign_in("nobody@example.com", "wrong")

    assert (known, len(hashed)) == (1, 2)


def test_the_attempts_left_are_told_when_there_are_few(ann: User) -> None:
    told = [sign_in("ann@example.com", "wrong").json().get("attempts_left") for _ in range(5)]

    assert told == [None, None, 2, 1, 0]


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_five_failures_lock_even_for_the_right_password(ann: User, email: str) -> None:
    assert refusal(_fail(5, email)) == (401, "invalid_credentials")

    locked = sign_in(email)

    assert refusal(locked) == (429, "locked_out")
    assert 1790 <= int(locked["Retry-After"]) <= 1800


def test_a_lock_counts_down_and_ends_after_half_an_hour(ann: User) -> None:
    _fail(5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=20))
    assert 590 <= int(sign_in("ann@example.com")["Retry-After"]) <= 600

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))

    assert sign_in("ann@example.com").status_code == 200


def test_knocking_at_a_lock_does_not_prolong_it(ann: User) -> None:
    _fail(5)
    before = list(AccessAttempt.objects.values_list("attempt_time", "failures_since_start"))

    _fail(2)

    assert list(AccessAttempt.objects.values_list("attempt_time", "failures_since_start")) == before


def test_a_success_forgets_the_failures_before_it(ann: User) -> None:
    _fail(4)
    assert sign_in("ann@example.com").status_code == 200

    assert "attempts_left" not in _fail(1).json()


def test_spellings_of_one_address_share_one_lock(ann: User) -> None:
    _fail(3)
    _fail(2, "ANN@example.com")

    assert refusal(sign_in("ann@Example.com")) == (429, "locked_out")


def test_a_lock_is_for_one_account_from_one_address(ann: User) -> None:
    UserFactory.create(email="bob@example.com")

    _fail(5)

    assert sign_in("bob@example.com").status_code == 200
    assert sign_in("ann@example.com", REMOTE_ADDR=ELSEWHERE).status_code == 200
    assert refusal(sign_in("ann@example.com")) == (429, "locked_out")


def test_other_programs_at_the_same_address_share_the_lock(ann: User) -> None:
    for number in range(5):
        _fail(1, HTTP_USER_AGENT=f"guesser/{number}")

    assert refusal(sign_in("ann@example.com")) == (429, "locked_out")


@pytest.mark.usefixtures("proxied")
def test_behind_a_proxy_the_lock_is_for_the_address_that_the_proxy_saw(ann: User) -> None:
    _fail(5, HTTP_X_FORWARDED_FOR=f"198.51.100.1, {ELSEWHERE}")

    other = sign_in("ann@example.com", HTTP_X_FORWARDED_FOR="198.51.100.1")
    forged = sign_in("ann@example.com", HTTP_X_FORWARDED_FOR=f"192.0.2.77, {ELSEWHERE}")

    assert other.status_code == 200
    assert refusal(forged) == (429, "locked_out")


def test_without_a_proxy_the_header_is_only_a_claim(ann: User) -> None:
    for number in range(5):
        _fail(1, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")

    assert refusal(sign_in("ann@example.com")) == (429, "locked_out")


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1:443"])
@pytest.mark.usefixtures("proxied")
def test_a_caller_without_address_can_be_locked_out_too(ann: User, address: str) -> None:
    _fail(5, HTTP_X_FORWARDED_FOR=address, REMOTE_ADDR="")

    locked = sign_in("ann@example.com", HTTP_X_FORWARDED_FOR=address, REMOTE_ADDR="")

    assert refusal(locked) == (429, "locked_out")
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="")) is None


@pytest.mark.django_db(transaction=True)
def test_failures_outlast_the_refusal_they_cause() -> None:
    UserFactory.create(email="ann@example.com")

    _fail(1)

    assert not connection.in_atomic_block
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.failures_since_start) == ("ann@example.com", 1)
    assert "wrong" not in f"{attempt.get_data}{attempt.post_data}"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("/email", "required"), ("/password", "required")]),
        ({"email": "ann", "password": "x"}, [("/email", "invalid")]),
        ({"email": "a@b.example", "password": ""}, [("/password", "blank")]),
        ({"email": "a@b.example", "password": None}, [("/password", "null")]),
        ({"email": ["a@b.example"], "password": "x"}, [("/email", "invalid")]),
        ({"email": f"{'a' * 250}@b.example", "password": "x"}, [("/email", "max_length")]),
        ({"email": "a@b.example", "password": "x" * 4097}, [("/password", "max_length")]),
        ({"email": "a@b.example", "password": "x", "otp": 1}, [("/otp", "unknown_field")]),
    ],
)
def test_malformed_credentials_name_the_field_and_count_as_no_attempt(
    anonymous: APIClient, body: Any, wrong: list[tuple[str, str]]
) -> None:
    answer = anonymous.post(TOKEN, body)

    assert refusal(answer) == (400, "validation_error")
    assert [error for error in errors(answer) if error in wrong] == wrong
    assert AccessAttempt.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff", b'{"email": "a\\u0000@b.example"}']
)
def test_a_body_that_is_no_object_is_refused(anonymous: APIClient, body: bytes) -> None:
    generic: Any = anonymous.generic

    answer = generic("POST", TOKEN, body, content_type="application/json")

    assert refusal(answer) == (400, "validation_error")


def test_only_posting_is_allowed(anonymous: APIClient) -> None:
    assert refusal(anonymous.get(TOKEN)) == (405, "method_not_allowed")


def test_token_requests_are_limited_by_address(ann: User, settings: Settings) -> None:
    settings.RATES = {**project.RATES, "login": "2/15min"}
    assert [sign_in("ann@example.com").status_code for _ in range(2)] == [200, 200]

    refused = sign_in("ann@example.com")

    assert refusal(refused) == (429, "rate_limited")
    assert 0 < int(refused["Retry-After"]) <= 900
    assert sign_in("ann@example.com", REMOTE_ADDR=ELSEWHERE).status_code == 200


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "ü", "nl_", "nl_unknown", "x" * 5000])
def test_a_garbage_token_is_401_with_a_challenge(anonymous: APIClient, token: str) -> None:
    answer = bearer(token).get(ME)

    assert refusal(answer)[0] == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="nodeloom"'


def test_a_refresh_token_or_a_stale_access_token_opens_nothing(ann: User) -> None:
    stale = AccessToken.for_user(ann)
    stale.set_exp(lifetime=timedelta(seconds=-1))
    nobody = AccessToken()
    unreadable = AccessToken()
    unreadable["user_id"] = "7"
    tokens = [sign_in(ann.email).json()["refresh"], str(stale), str(nobody), str(unreadable)]

    assert [refusal(bearer(token).get(ME))[0] for token in tokens] == [401] * 4


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_a_token_dies_with_its_account(ann: User, how: str) -> None:
    ann.is_staff = True
    ann.save()
    client = bearer(sign_in(ann.email).json()["access"])
    assert client.get(ME).status_code == 200

    if how == "disabled":
        User.objects.update(is_active=False)
    else:
        User.objects.all().delete()

    assert refusal(client.get(ME)) == (401, "authentication_failed")
