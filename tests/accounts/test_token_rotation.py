"""Refresh tokens: each good for one exchange; one used twice ends its family and no other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from tests.accounts.conftest import REFRESH, errors, refusal, sign_in
from tests.factories import UserFactory

INVALID = (401, "invalid_token")


@pytest.fixture
def ann(db: None) -> User:
    return UserFactory.create(email="ann@example.com")


def _exchange(token: object) -> Any:
    return APIClient().post(REFRESH, {"refresh": token})


def _refresh_token() -> str:
    return str(sign_in("ann@example.com").json()["refresh"])


def test_an_exchange_gives_the_next_pair(ann: User) -> None:
    old = _refresh_token()

    answer = _exchange(old)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert AccessToken(answer.json()["access"])["user_id"] == str(ann.pk)
    fresh = RefreshToken(answer.json()["refresh"])
    assert fresh["exp"] - fresh["iat"] == 14 * 24 * 3600
    assert answer.json()["refresh"] != old
    assert _exchange(answer.json()["refresh"]).status_code == 200


def test_a_token_used_twice_revokes_its_family(ann: User) -> None:
    stolen = _refresh_token()
    current = _exchange(stolen).json()["refresh"]

    again = _exchange(stolen)

    assert refusal(again) == INVALID
    assert again["WWW-Authenticate"] == 'Bearer realm="nodeloom"'
    assert refusal(_exchange(current)) == INVALID


def test_another_sign_in_of_the_same_person_lives_on(ann: User) -> None:
    stolen, other = _refresh_token(), _refresh_token()
    _exchange(stolen)

    _exchange(stolen)

    assert _exchange(other).status_code == 200


def test_a_forged_token_revokes_nothing(ann: User) -> None:
    mine = _refresh_token()
    head, payload, signature = mine.split(".")
    forged = f"{head}.{payload}.{signature[::-1]}"

    assert refusal(_exchange(forged)) == INVALID
    assert _exchange(mine).status_code == 200


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "ü", "x" * 4096])
def test_garbage_is_refused(db: None, token: str) -> None:
    assert refusal(_exchange(token)) == INVALID


def test_an_access_token_is_no_refresh_token(ann: User) -> None:
    assert refusal(_exchange(sign_in("ann@example.com").json()["access"])) == INVALID


def test_an_expired_token_is_refused(ann: User) -> None:
    stale = RefreshToken.for_user(ann)
    stale.set_exp(lifetime=timedelta(seconds=-1))

    assert refusal(_exchange(str(stale))) == INVALID


def test_a_token_that_was_never_recorded_is_refused(ann: User) -> None:
    token = _refresh_token()
    OutstandingToken.objects.all().delete()

    assert refusal(_exchange(token)) == INVALID


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_nobody_refreshes_for_a_disabled_or_deleted_account(ann: User, how: str) -> None:
    token = _refresh_token()
    rows = User.objects.filter(pk=ann.pk)
    _ = rows.update(is_active=False) if how == "disabled" else rows.delete()

    assert refusal(_exchange(token)) == INVALID


def test_the_token_of_a_deleted_account_sent_twice_is_refused_as_calmly(ann: User) -> None:
    token = _refresh_token()
    _exchange(token)
    ann.delete()

    assert refusal(_exchange(token)) == INVALID


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("/refresh", "required")]),
        ({"refresh": ""}, [("/refresh", "blank")]),
        ({"refresh": None}, [("/refresh", "null")]),
        ({"refresh": {}}, [("/refresh", "invalid")]),
        ({"refresh": "x" * 4097}, [("/refresh", "max_length")]),
        ({"refresh": "x", "access": "y"}, [("/access", "unknown_field")]),
    ],
)
def test_malformed_bodies_name_the_field(db: None, body: Any, wrong: list[tuple[str, str]]) -> None:
    answer = APIClient().post(REFRESH, body)

    assert (refusal(answer), errors(answer)) == ((400, "validation_error"), wrong)


@pytest.mark.django_db(transaction=True)
def test_of_two_exchanges_at_once_one_wins_and_the_family_ends() -> None:
    UserFactory.create(email="ann@example.com")
    token = _refresh_token()
    together = threading.Barrier(2)

    def exchange(_: int) -> Any:
        try:
            together.wait(timeout=30)
            return _exchange(token)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(exchange, range(2)), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [200, 401]
    assert refusal(_exchange(answers[0].json()["refresh"])) == INVALID
