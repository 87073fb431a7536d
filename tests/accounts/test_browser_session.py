"""The browser's session reads as it is; its writes need the CSRF token."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Organization, User
from accounts.tenancy import system_scope
from tests.accounts.conftest import ME, ORGANIZATIONS, refusal
from tests.factories import PASSWORD, Cast


@pytest.fixture
def browser(cast: Cast) -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.owner.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _home(cast: Cast) -> str:
    return f"{ORGANIZATIONS}{cast.organization.pk}/"


def _name(cast: Cast) -> str:
    with system_scope():
        return Organization.objects.get(pk=cast.organization.pk).name


def test_a_session_reads_as_its_member(cast: Cast, browser: APIClient) -> None:
    body = browser.get(ME).json()

    assert (body["user"]["email"], body["role"]) == (cast.owner.user.email, "owner")


def test_writing_without_the_csrf_token_is_refused_and_changes_nothing(
    cast: Cast, browser: APIClient
) -> None:
    before = _name(cast)

    answer = browser.patch(_home(cast), {"name": "Forged"})

    assert refusal(answer) == (403, "permission_denied")
    assert _name(cast) == before


def test_writing_with_the_csrf_token_works(cast: Cast, browser: APIClient) -> None:
    token = "t" * 32
    browser.cookies["csrftoken"] = token

    answer = browser.patch(_home(cast), {"name": "Renamed"}, headers={"X-CSRFToken": token})

    assert answer.status_code == 200
    assert _name(cast) == "Renamed"


def test_a_bearer_token_beside_the_session_needs_no_csrf_token(
    cast: Cast, browser: APIClient
) -> None:
    signed = cast.admin.client
    signed.cookies = browser.cookies

    assert signed.get(ME).json()["role"] == "admin"
    assert signed.patch(_home(cast), {"name": "By token"}).status_code == 200


def test_a_disabled_user_loses_the_session_at_once(cast: Cast, browser: APIClient) -> None:
    User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)

    assert refusal(browser.get(ME)) == (401, "not_authenticated")


def test_the_admins_sign_in_page_locks_with_a_page(cast: Cast) -> None:
    browser = APIClient()
    wrong = {"username": cast.owner.user.email.upper(), "password": "wrong"}
    right = {"username": cast.owner.user.email, "password": PASSWORD}
    pages = [browser.post("/admin/login/", wrong, format="multipart") for _ in range(5)]

    locked = browser.post("/admin/login/", right, format="multipart")

    assert [page.status_code for page in pages] == [200, 200, 200, 200, 429]
    assert (locked.status_code, locked["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert locked["Retry-After"] == "1800"
    assert b"30 minutes" in locked.content.replace(b"\n", b" ") or b"30\nminutes" in locked.content
