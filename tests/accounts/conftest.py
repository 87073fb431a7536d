"""People and keys that most tests of accounts need."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.services import create_access_key
from accounts.tenancy import scope
from tests.factories import PASSWORD, Person

TOKEN = "/api/v1/auth/token/"
REFRESH = "/api/v1/auth/token/refresh/"
ME = "/api/v1/auth/me/"
ORGANIZATIONS = "/api/v1/organizations/"
MEMBERSHIPS = "/api/v1/memberships/"
KEYS = "/api/v1/access-keys/"


@pytest.fixture
def anonymous() -> APIClient:
    """A client that is not signed in."""
    return APIClient()


def sign_in(email: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Answer of the token endpoint to these credentials."""
    return APIClient().post(TOKEN, {"email": email, "password": password}, **extra)


def bearer(token: str, **headers: str) -> APIClient:
    """A client that sends `token` with every request."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", **headers)
    return client


def make_key(person: Person, *scopes: str, **values: Any) -> str:
    """Return the secret of a new access key of `person`."""
    with scope(person.actor):
        _, secret = create_access_key(
            actor=person.actor, name="robot", scopes=scopes or ["*:read"], **values
        )
    return secret


def refusal(response: Any) -> tuple[int, str]:
    """Return (status, code) of a refusal, after a look at its shape (RFC 9457)."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) >= {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


def errors(response: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of each wrong field."""
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]
