"""Organisations: made by staff, named by administrators, seen by their members."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.choices import Role
from accounts.models import Membership, Organization, User
from accounts.tenancy import system_scope
from accounts.tokens import issue_tokens
from tests.accounts.conftest import ME, ORGANIZATIONS, bearer, errors, refusal
from tests.factories import Cast, UserFactory

NEW = {"name": "New Works", "slug": "new-works"}


@pytest.fixture
def operator(db: None) -> User:
    return UserFactory.create(is_staff=True)


def _client(user: User) -> APIClient:
    return bearer(issue_tokens(user)["access"])


def _count() -> int:
    with system_scope():
        return Organization.objects.count()


def _stored(cast: Cast) -> Organization:
    with system_scope():
        return Organization.objects.get(pk=cast.organization.pk)


def _url(organization: Organization) -> str:
    return f"{ORGANIZATIONS}{organization.pk}/"


def test_staff_create_an_organisation_and_own_it(operator: User) -> None:
    answer = _client(operator).post(ORGANIZATIONS, NEW)

    assert answer.status_code == 201
    assert {key: answer.json()[key] for key in NEW} == NEW
    with system_scope():
        owner = Membership.objects.get(organization_id=answer.json()["id"])
        assert (owner.user, owner.role) == (operator, Role.OWNER)
    me = _client(operator).get(ME).json()
    assert (me["organization"]["slug"], me["role"]) == ("new-works", "owner")


def test_a_taken_slug_is_409_also_where_it_cannot_be_seen(operator: User, cast: Cast) -> None:
    before = _count()

    answer = _client(operator).post(ORGANIZATIONS, {**NEW, "slug": cast.organization.slug})

    assert refusal(answer) == (409, "duplicate")
    assert _count() == before
    with system_scope():
        assert not Membership.objects.filter(user=operator).exists()


def test_others_create_none(cast: Cast, anonymous: APIClient) -> None:
    before = _count()

    for person in (cast.owner, cast.viewer):
        assert refusal(person.client.post(ORGANIZATIONS, NEW)) == (403, "permission_denied")
    assert refusal(anonymous.post(ORGANIZATIONS, NEW)) == (401, "not_authenticated")
    assert _count() == before


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "blank"),
        ({"name": "x" * 151}, "/name", "max_length"),
        ({"slug": "Not A Slug"}, "/slug", "invalid"),
        ({"slug": "-edge"}, "/slug", "invalid"),
        ({"slug": "x" * 64}, "/slug", "max_length"),
        ({"owner": "me"}, "/owner", "unknown_field"),
    ],
)
def test_a_malformed_organisation_names_the_field(
    operator: User, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = _client(operator).post(ORGANIZATIONS, {**NEW, **change})

    assert refusal(answer) == (400, "validation_error")
    assert set(errors(answer)) == {(pointer, code)}
    assert _count() == 0


def test_members_list_and_read_their_own_only(cast: Cast) -> None:
    for person in (cast.owner, cast.viewer, cast.stranger):
        body = person.client.get(ORGANIZATIONS).json()
        assert [row["slug"] for row in body["results"]] == [person.organization.slug]
    own = cast.viewer.client.get(_url(cast.organization))
    foreign = cast.viewer.client.get(_url(cast.stranger.organization))
    assert own.json()["name"] == cast.organization.name
    assert refusal(foreign) == (404, "not_found")


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_administrators_rename_it(cast: Cast, who: str) -> None:
    answer = getattr(cast, who).client.patch(_url(cast.organization), {"name": "Renamed"})

    assert (answer.status_code, answer.json()["name"]) == (200, "Renamed")
    assert _stored(cast).name == "Renamed"


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("editor", (403, "permission_denied")),
        ("viewer", (403, "permission_denied")),
        ("stranger", (404, "not_found")),
    ],
)
def test_others_rename_nothing(cast: Cast, who: str, expected: tuple[int, str]) -> None:
    answer = getattr(cast, who).client.patch(_url(cast.organization), {"name": "Forged"})

    assert refusal(answer) == expected
    assert _stored(cast).name == cast.organization.name


def test_the_slug_never_changes(cast: Cast) -> None:
    client, url = cast.owner.client, _url(cast.organization)

    answer = client.patch(url, {"name": "Renamed", "slug": "other"})

    assert refusal(answer) == (400, "validation_error")
    assert errors(answer) == [("/slug", "immutable")]
    assert _stored(cast).name == cast.organization.name
    sent_back = client.patch(url, {"name": "Renamed", "slug": cast.organization.slug})
    assert sent_back.status_code == 200


def test_an_organisation_is_neither_replaced_nor_deleted(cast: Cast) -> None:
    client, url = cast.owner.client, _url(cast.organization)

    assert refusal(client.put(url, NEW)) == (405, "method_not_allowed")
    assert refusal(client.delete(url)) == (405, "method_not_allowed")
    assert _stored(cast).name == cast.organization.name
