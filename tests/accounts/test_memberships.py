"""Members: added by administrators, owners made by owners, one owner always left."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from rest_framework.test import APIClient

from accounts.choices import Role
from accounts.exceptions import LastOwner
from accounts.models import AccessKey, Membership, User
from accounts.services import change_role, remove_member
from accounts.tenancy import scope, system_scope
from config.exceptions import NotFound
from tests.accounts.conftest import ME, MEMBERSHIPS, errors, make_key, refusal, sign_in
from tests.blocking import wait_until_blocked
from tests.factories import PASSWORD, Cast, Person, UserFactory, make_cast, make_person

GOOD = "violet engine 47"


def _of(person: Person) -> Membership:
    with system_scope():
        return Membership.objects.get(organization=person.organization, user=person.user)


def _url(person: Person) -> str:
    return f"{MEMBERSHIPS}{_of(person).pk}/"


def _roles(cast: Cast) -> dict[str, str]:
    with system_scope():
        rows = Membership.objects.filter(organization=cast.organization).select_related("user")
        return {row.user.email: row.role for row in rows}


def test_members_see_who_belongs_to_their_organisation(cast: Cast) -> None:
    body = cast.viewer.client.get(f"{MEMBERSHIPS}?ordering=created_at").json()

    people = (cast.owner, cast.admin, cast.editor, cast.viewer)
    assert [row["email"] for row in body["results"]] == [p.user.email for p in people]
    assert cast.viewer.client.get(f"{MEMBERSHIPS}?role=owner").json()["count"] == 1
    found = cast.viewer.client.get(f"{MEMBERSHIPS}?search={cast.admin.user.email}").json()
    assert [row["role"] for row in found["results"]] == ["admin"]


def test_a_new_address_gets_an_account_that_can_sign_in(cast: Cast) -> None:
    body = {"email": "New@Example.com", "role": "editor", "password": GOOD, "name": "New"}

    answer = cast.admin.client.post(MEMBERSHIPS, body)

    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["role"]) == ("new@example.com", "editor")
    assert "password" not in answer.content.decode()
    access = sign_in("new@example.com", GOOD).json()["access"]
    client = APIClient()
    me = client.get(ME, headers={"Authorization": f"Bearer {access}"}).json()
    assert me["organization"]["slug"] == cast.organization.slug


def test_without_a_password_the_new_account_cannot_sign_in_yet(cast: Cast) -> None:
    answer = cast.admin.client.post(MEMBERSHIPS, {"email": "new@example.com"})

    assert (answer.status_code, answer.json()["role"]) == (201, "viewer")
    assert not User.objects.get(email="new@example.com").has_usable_password()


def test_an_existing_account_is_added_and_keeps_its_password(cast: Cast) -> None:
    known = UserFactory.create(email="known@example.com")
    body = {"email": "Known@example.com", "role": "viewer", "password": GOOD, "name": "Other"}

    added = cast.admin.client.post(MEMBERSHIPS, body)
    created = cast.admin.client.post(MEMBERSHIPS, {**body, "email": "fresh@example.com"})

    assert (added.status_code, created.status_code) == (201, 201)
    assert added.json().keys() == created.json().keys()
    assert added.json()["user"].keys() == created.json()["user"].keys()
    assert sign_in("known@example.com", PASSWORD).status_code == 200
    assert sign_in("known@example.com", GOOD).status_code == 401
    known.refresh_from_db()
    assert known.name != "Other"


@pytest.mark.parametrize("password", ["short7!", "password123", "4711081512345", "ann@example.com"])
def test_a_weak_password_is_refused_whether_or_not_there_is_an_account(
    cast: Cast, password: str
) -> None:
    UserFactory.create(email="known@example.com")

    for email in ("ann@example.com", "known@example.com"):
        if password == "ann@example.com" != email:
            password = "known@example.com"
        body = {"email": email, "password": password}
        answer = cast.admin.client.post(MEMBERSHIPS, body)
        assert refusal(answer) == (400, "validation_error")
        assert set(errors(answer)) == {("/password", "invalid")}
    assert not User.objects.filter(email="ann@example.com").exists()
    assert "known@example.com" not in _roles(cast)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/email", "required"),
        ({"email": "nobody"}, "/email", "invalid"),
        ({"email": "a@b.example", "role": "king"}, "/role", "invalid_choice"),
        ({"email": "a@b.example", "role": "operator"}, "/role", "invalid_choice"),
        ({"email": "a@b.example", "is_staff": True}, "/is_staff", "unknown_field"),
    ],
)
def test_a_malformed_member_names_the_field(
    cast: Cast, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = cast.owner.client.post(MEMBERSHIPS, body)

    assert (refusal(answer), errors(answer)) == ((400, "validation_error"), [(pointer, code)])
    assert len(_roles(cast)) == 4


def test_a_second_membership_is_409_and_changes_no_role(cast: Cast) -> None:
    before = _roles(cast)
    body = {"email": cast.viewer.user.email, "role": "admin"}

    assert refusal(cast.admin.client.post(MEMBERSHIPS, body)) == (409, "duplicate")
    assert _roles(cast) == before


@pytest.mark.parametrize("who", ["editor", "viewer"])
def test_editors_and_viewers_change_no_membership(cast: Cast, who: str) -> None:
    client, before = getattr(cast, who).client, _roles(cast)
    body = {"email": "new@example.com"}

    for answer in (
        client.post(MEMBERSHIPS, body),
        client.patch(_url(cast.viewer), {"role": "admin"}),
        client.delete(_url(cast.viewer)),
    ):
        assert refusal(answer) == (403, "permission_denied")
    assert _roles(cast) == before
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_foreign_membership_is_404(cast: Cast) -> None:
    url, client = _url(cast.stranger), cast.owner.client

    for answer in (client.get(url), client.patch(url, {"role": "viewer"}), client.delete(url)):
        assert refusal(answer) == (404, "not_found")
    assert _of(cast.stranger).role == Role.OWNER
    assert refusal(client.get(f"{MEMBERSHIPS}nonsense/")) == (404, "not_found")


def test_an_admin_gives_every_role_but_owner(cast: Cast) -> None:
    client = cast.admin.client

    for role in ("viewer", "editor", "admin"):
        answer = client.patch(_url(cast.viewer), {"role": role})
        assert (answer.status_code, answer.json()["role"]) == (200, role)
    before = _roles(cast)
    for answer in (
        client.patch(_url(cast.viewer), {"role": "owner"}),
        client.patch(_url(cast.owner), {"role": "viewer"}),
        client.delete(_url(cast.owner)),
        client.post(MEMBERSHIPS, {"email": "new@example.com", "role": "owner"}),
    ):
        assert refusal(answer) == (403, "permission_denied")
    assert _roles(cast) == before
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_owner_makes_owners_and_may_then_step_down(cast: Cast) -> None:
    client = cast.owner.client
    assert client.patch(_url(cast.admin), {"role": "owner"}).status_code == 200

    assert client.patch(_url(cast.owner), {"role": "editor"}).status_code == 200

    assert _roles(cast)[cast.owner.user.email] == "editor"
    assert refusal(client.patch(_url(cast.viewer), {"role": "admin"})) == (403, "permission_denied")


def test_the_last_owner_stays(cast: Cast) -> None:
    client = cast.owner.client

    for answer in (
        client.patch(_url(cast.owner), {"role": "admin"}),
        client.delete(_url(cast.owner)),
    ):
        assert refusal(answer) == (409, "last_owner")
    assert _roles(cast)[cast.owner.user.email] == "owner"
    assert client.patch(_url(cast.owner), {"role": "owner"}).status_code == 200


def test_removing_a_member_ends_access_and_deletes_their_keys_here_only(cast: Cast) -> None:
    with system_scope():
        Membership.objects.create(
            organization=cast.stranger.organization, user=cast.editor.user, role=Role.VIEWER
        )
    make_key(cast.editor)
    make_key(Person(cast.editor.user, cast.stranger.organization, Role.VIEWER))
    client = cast.editor.client

    assert cast.admin.client.delete(_url(cast.editor)).status_code == 204

    assert refusal(client.get(ME)) == (404, "not_found")
    with system_scope():
        left = AccessKey.objects.values_list("organization_id", flat=True)
        assert list(left) == [cast.stranger.organization.pk]
    assert User.objects.filter(pk=cast.editor.user.pk).exists()


def test_a_membership_that_ended_meanwhile_is_not_found(cast: Cast) -> None:
    stale = _of(cast.viewer)
    actor = cast.owner.actor
    with scope(actor):
        remove_member(actor=actor, membership=_of(cast.viewer))

    with pytest.raises(NotFound), scope(actor):
        change_role(actor=actor, membership=stale, role=Role.ADMIN)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "remove"])
def test_two_owners_who_end_each_other_at_once_leave_one(act: str) -> None:
    cast = make_cast()
    second = make_person(Role.OWNER, cast.organization)

    def end(actor: Person, target: Person) -> None:
        with scope(actor.actor):
            membership = Membership.objects.get(user=target.user)
            if act == "remove":
                remove_member(actor=actor.actor, membership=membership)
            else:
                change_role(actor=actor.actor, membership=membership, role=Role.VIEWER)

    def answer() -> str:
        try:
            end(second, cast.owner)
        except LastOwner as refused:
            return refused.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            end(cast.owner, second)
            late = other.submit(answer)
            wait_until_blocked(late)
        assert late.result(timeout=10) == "last_owner"

    assert list(_roles(cast).values()).count("owner") == 1
    assert _roles(cast)[cast.owner.user.email] == "owner"


@pytest.mark.django_db(transaction=True)
def test_of_owners_who_step_down_at_the_same_moment_one_stays() -> None:
    cast = make_cast()
    others = [make_person(Role.OWNER, cast.organization) for _ in range(3)]
    owners = [cast.owner, *others]
    together = threading.Barrier(len(owners))

    def step_down(person: Person) -> int:
        client, url = person.client, _url(person)
        try:
            together.wait(timeout=30)
            return int(client.patch(url, {"role": "viewer"}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(owners)) as pool:
        statuses = sorted(pool.map(step_down, owners))

    assert statuses == [200, 200, 200, 409]
    assert list(_roles(cast).values()).count("owner") == 1


@pytest.mark.django_db(transaction=True)
def test_one_address_added_twice_at_once_becomes_one_member() -> None:
    cast = make_cast()
    together = threading.Barrier(2)

    def add(person: Person) -> int:
        client = person.client
        try:
            together.wait(timeout=30)
            return int(client.post(MEMBERSHIPS, {"email": "new@example.com"}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(add, [cast.owner, cast.admin]))

    assert statuses == [201, 409]
    assert _roles(cast)["new@example.com"] == "viewer"
