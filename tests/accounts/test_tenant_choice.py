"""Which organisation a request works in, and what the caller is told about themselves."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.choices import Role
from accounts.models import Membership
from accounts.tenancy import system_scope
from accounts.tokens import issue_tokens
from tests.accounts.conftest import (
    ME,
    MEMBERSHIPS,
    ORGANIZATIONS,
    bearer,
    make_key,
    refusal,
)
from tests.factories import Cast, Person, UserFactory, make_person

SLUG = "X-Organization"


@pytest.fixture
def second(cast: Cast) -> Person:
    """The cast's editor, who is an admin of another organisation since later."""
    other = make_person(Role.OWNER).organization
    with system_scope():
        Membership.objects.create(organization=other, user=cast.editor.user, role=Role.ADMIN)
    return Person(cast.editor.user, other, Role.ADMIN)


def _client(person: Person) -> APIClient:
    return bearer(issue_tokens(person.user)["access"])


def _me(client: APIClient, **headers: str) -> Any:
    return client.get(ME, headers=headers)


def test_me_tells_a_member_who_and_where_they_are(cast: Cast) -> None:
    body = _me(_client(cast.viewer)).json()

    user, home = cast.viewer.user, cast.organization
    assert body["user"] == {"id": str(user.pk), "email": user.email, "name": user.name}
    assert (body["is_staff"], body["role"], body["scopes"]) == (False, "viewer", None)
    assert body["organization"] == body["organizations"][0]
    assert [o["slug"] for o in body["organizations"]] == [home.slug]
    assert (body["organization"]["id"], body["organization"]["name"]) == (str(home.pk), home.name)


def test_me_tells_an_operator_without_organisation(db: None) -> None:
    root = UserFactory.create(is_staff=True)

    body = _me(bearer(issue_tokens(root)["access"])).json()

    assert (body["is_staff"], body["role"]) == (True, "operator")
    assert (body["organization"], body["organizations"]) == (None, [])


def test_a_person_without_organisation_is_refused(db: None) -> None:
    nobody = bearer(issue_tokens(UserFactory.create())["access"])

    for url in (ME, ORGANIZATIONS, MEMBERSHIPS):
        assert refusal(nobody.get(url)) == (403, "permission_denied")


def test_me_needs_somebody(anonymous: APIClient, db: None) -> None:
    answer = anonymous.get(ME)

    assert refusal(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="nodeloom"'


def test_me_tells_an_access_key_its_scopes_and_its_own_organisation_only(
    cast: Cast, second: Person
) -> None:
    body = _me(bearer(make_key(cast.editor, "auth:read", "sops:write"))).json()

    assert (body["role"], body["scopes"]) == ("editor", ["auth:read", "sops:write"])
    assert body["organization"]["slug"] == cast.organization.slug
    assert [o["slug"] for o in body["organizations"]] == [cast.organization.slug]


def test_the_oldest_membership_is_the_default(cast: Cast, second: Person) -> None:
    body = _me(_client(second)).json()

    assert (body["organization"]["slug"], body["role"]) == (cast.organization.slug, "editor")
    assert [o["slug"] for o in body["organizations"]] == [
        cast.organization.slug,
        second.organization.slug,
    ]


def test_the_header_picks_the_tenant_and_with_it_the_role_and_the_rows(
    cast: Cast, second: Person
) -> None:
    client = _client(second)
    chosen = {SLUG: second.organization.slug}

    assert _me(client, **chosen).json()["role"] == "admin"
    members = client.get(MEMBERSHIPS, headers=chosen).json()
    assert members["count"] == 2
    assert {row["role"] for row in members["results"]} == {"owner", "admin"}
    assert client.get(MEMBERSHIPS).json()["count"] == 4


@pytest.mark.parametrize("slug", ["unknown", "", "ACME", "' OR 1=1", "ü"])
def test_an_unknown_slug_is_404(cast: Cast, slug: str) -> None:
    assert refusal(_me(_client(cast.owner), **{SLUG: slug})) == (404, "not_found")


def test_a_foreign_slug_is_404_like_an_unknown_one(cast: Cast) -> None:
    foreign = _me(_client(cast.owner), **{SLUG: cast.stranger.organization.slug})
    unknown = _me(_client(cast.owner), **{SLUG: "unknown"})

    assert refusal(foreign) == refusal(unknown) == (404, "not_found")
    assert foreign.json()["detail"] == unknown.json()["detail"]


def test_an_operator_gets_into_no_organisation_by_its_slug(cast: Cast) -> None:
    root = bearer(issue_tokens(UserFactory.create(is_staff=True))["access"])

    answer = root.get(MEMBERSHIPS, headers={SLUG: cast.organization.slug})

    assert refusal(answer) == (404, "not_found")


def test_an_access_key_works_in_its_organisation_whatever_is_the_default(
    cast: Cast, second: Person
) -> None:
    robot = bearer(make_key(second, "*:read"))

    assert robot.get(MEMBERSHIPS).json()["count"] == 2
    assert _me(robot, **{SLUG: second.organization.slug}).json()["role"] == "admin"


def test_an_access_key_with_another_organisations_slug_is_404(cast: Cast, second: Person) -> None:
    robot = bearer(make_key(second, "*:read"))

    assert refusal(_me(robot, **{SLUG: cast.organization.slug})) == (404, "not_found")
    assert refusal(_me(robot, **{SLUG: ""})) == (404, "not_found")


def test_a_removed_membership_ends_access_at_once(cast: Cast, second: Person) -> None:
    client = _client(second)
    chosen = {SLUG: second.organization.slug}
    assert _me(client, **chosen).status_code == 200

    with system_scope():
        Membership.objects.filter(organization=second.organization, user=second.user).delete()

    assert refusal(_me(client, **chosen)) == (404, "not_found")
    assert _me(client).json()["organization"]["slug"] == cast.organization.slug


def test_a_changed_role_counts_from_the_next_request(cast: Cast) -> None:
    client = _client(cast.editor)

    with system_scope():
        Membership.objects.filter(user=cast.editor.user).update(role=Role.VIEWER)

    assert _me(client).json()["role"] == "viewer"
