"""How many statements each endpoint sends, sign-in included, however many rows there are.

Tests run inside a transaction, so a request's own one is a savepoint: two of the statements.
"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.choices import Role
from accounts.models import Membership
from accounts.tenancy import system_scope
from tests.accounts.conftest import (
    KEYS,
    ME,
    MEMBERSHIPS,
    ORGANIZATIONS,
    REFRESH,
    TOKEN,
    bearer,
    make_key,
    sign_in,
)
from tests.factories import PASSWORD, Cast, UserFactory, make_person


@pytest.fixture
def crowd(cast: Cast) -> Cast:
    """The cast among many members and keys."""
    for _ in range(5):
        make_key(make_person(Role.VIEWER, cast.organization))
    return cast


def _statements(client: APIClient, method: str, url: str, body: Any = None) -> tuple[int, int]:
    """Return (status, statements) of a request."""
    with CaptureQueriesContext(connection) as statements:
        answer = getattr(client, method)(url, body)
    return answer.status_code, len(statements)


@pytest.mark.parametrize("people", ["cast", "crowd"])
@pytest.mark.parametrize(
    ("url", "expected"), [(ME, 4), (ORGANIZATIONS, 5), (MEMBERSHIPS, 5), (KEYS, 5)]
)
def test_reading(people: str, url: str, expected: int, request: pytest.FixtureRequest) -> None:
    present: Cast = request.getfixturevalue(people)
    make_key(present.owner)

    assert _statements(present.owner.client, "get", url) == (200, expected)


def test_writing(cast: Cast) -> None:
    with system_scope():
        viewer = Membership.objects.get(user=cast.viewer.user)
    client, member = cast.owner.client, f"{MEMBERSHIPS}{viewer.pk}/"
    home = f"{ORGANIZATIONS}{cast.organization.pk}/"
    key = f"{KEYS}{client.post(KEYS, {'name': 'a', 'scopes': ['*:read']}).json()['id']}/"
    found = {
        "read one member": _statements(client, "get", member),
        "rename": _statements(client, "patch", home, {"name": "New"}),
        "add new": _statements(client, "post", MEMBERSHIPS, {"email": "new@example.com"}),
        "change role": _statements(client, "patch", member, {"role": "editor"}),
        "remove": _statements(client, "delete", member),
        "make key": _statements(client, "post", KEYS, {"name": "b", "scopes": ["*:read"]}),
        "revoke key": _statements(client, "delete", key),
    }

    assert found == {
        "read one member": (200, 4),
        "rename": (200, 5),
        "add new": (201, 9),
        "change role": (200, 6),
        "remove": (204, 7),
        "make key": (201, 4),
        "revoke key": (204, 5),
    }


def test_creating_an_organisation(db: None) -> None:
    root = UserFactory.create(is_staff=True)
    client = bearer(sign_in(root.email).json()["access"])

    body = {"name": "New", "slug": "new"}
    assert _statements(client, "post", ORGANIZATIONS, body) == (201, 14)


def test_signing_in(db: None) -> None:
    UserFactory.create(email="ann@example.com")
    client, right = APIClient(), {"email": "ann@example.com", "password": PASSWORD}
    wrong = {**right, "password": "wrong"}
    refresh = {"refresh": sign_in("ann@example.com").json()["refresh"]}
    found = {
        "sign in": _statements(client, "post", TOKEN, right),
        "refuse": _statements(client, "post", TOKEN, wrong),
        "refresh": _statements(client, "post", REFRESH, refresh),
        "reuse": _statements(client, "post", REFRESH, refresh),
    }

    assert found == {
        "sign in": (200, 7),
        "refuse": (401, 12),
        "refresh": (200, 11),
        "reuse": (401, 4),
    }


def test_an_access_key(cast: Cast) -> None:
    robot = bearer(make_key(cast.owner, "*:read"))

    # The first use of a minute is noted.
    assert _statements(robot, "get", MEMBERSHIPS) == (200, 8)
    assert _statements(robot, "get", MEMBERSHIPS) == (200, 7)
