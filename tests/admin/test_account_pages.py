"""Operators look after people, organisations, keys and lockouts."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from accounts.models import AccessKey, Membership, Organization, User
from accounts.tenancy import system_scope
from tests.admin.conftest import World
from tests.factories import PASSWORD, UserFactory

STRONG = "a long and quiet evening"
NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}


def _members(organization: Organization) -> dict[str, str]:
    with system_scope():
        rows = Membership.objects.filter(organization=organization)
        return {row.user.email: row.role for row in rows.select_related("user")}


def _inline(organization: Organization, *rows: dict[str, Any]) -> dict[str, Any]:
    with system_scope():
        present = list(Membership.objects.filter(organization=organization).select_related("user"))
    data: dict[str, Any] = {
        "name": organization.name,
        "memberships-TOTAL_FORMS": len(present) + len(rows),
        "memberships-INITIAL_FORMS": len(present),
    }
    for n, row in enumerate(present):
        data |= {f"memberships-{n}-id": str(row.pk), f"memberships-{n}-user": str(row.user_id),
                 f"memberships-{n}-organization": str(organization.pk),
                 f"memberships-{n}-role": row.role}  # fmt: skip
    for n, new in enumerate(rows, start=len(present)):
        data |= {f"memberships-{n}-{name}": value for name, value in new.items()}
        data[f"memberships-{n}-organization"] = str(organization.pk)
    return data


def _number(data: dict[str, Any], user: User) -> int:
    return next(n for n in range(9) if data.get(f"memberships-{n}-user") == str(user.pk))


def test_a_person_is_created_by_address_and_password(page: Client) -> None:
    answer = page.post(
        reverse("admin:accounts_user_add"),
        {"email": "New.Person@Example.com", "name": "New", "usable_password": "true",
         "password1": STRONG, "password2": STRONG},
    )  # fmt: skip

    assert answer.status_code == 302
    person = User.objects.get(email="new.person@example.com")
    assert person.check_password(STRONG)
    assert (person.is_staff, person.is_superuser) == (False, False)


def test_weak_passwords_and_taken_addresses_are_refused(page: Client, operator: User) -> None:
    answer = page.post(
        reverse("admin:accounts_user_add"),
        {"email": "OPERATOR@example.com", "password1": "12345678", "password2": "12345678"},
    )

    assert set(answer.context["adminform"].form.errors) >= {"email", "password2"}
    assert User.objects.count() == 1


def test_a_person_is_switched_off_and_never_deleted(page: Client, world: World) -> None:
    viewer = world.cast.viewer.user
    change = reverse("admin:accounts_user_change", args=[viewer.pk])

    assert (
        page.post(change, {**NO_MEMBERSHIPS, "email": viewer.email, "name": "V"}).status_code == 302
    )

    viewer.refresh_from_db()
    assert (viewer.is_active, viewer.name) == (False, "V")
    delete = reverse("admin:accounts_user_delete", args=[viewer.pk])
    assert page.post(delete, {"post": "yes"}).status_code == 403


def test_rights_are_given_by_those_who_hold_them_all(world: World, operator: User) -> None:
    helper = UserFactory.create(email="helper@example.com", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(helper, backend="django.contrib.auth.backends.ModelBackend")
    own = reverse("admin:accounts_user_change", args=[helper.pk])

    client.post(own, {**NO_MEMBERSHIPS, "email": helper.email, "name": "Me", "is_active": "on",
                      "is_superuser": "on"})  # fmt: skip

    helper.refresh_from_db()
    assert (helper.name, helper.is_superuser) == ("Me", False)
    theirs = reverse("admin:accounts_user_change", args=[operator.pk])
    assert client.post(theirs, {"email": "x@example.com"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[operator.pk])
    answer = client.post(password, {"password1": STRONG, "password2": STRONG})
    assert answer.status_code == 403
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)


def test_an_organisation_begins_with_its_owner(page: Client, world: World) -> None:
    owner = world.cast.stranger.user
    data = {"name": "Gardeners", "slug": "gardeners", "owner": str(owner.pk)}

    assert page.post(reverse("admin:accounts_organization_add"), data).status_code == 302

    with system_scope():
        organization = Organization.objects.get(slug="gardeners")
    assert _members(organization) == {owner.email: Role.OWNER}
    again = page.post(reverse("admin:accounts_organization_add"), data)
    assert list(again.context["adminform"].form.errors) == ["slug"]


def test_members_are_added_changed_and_removed(page: Client, world: World) -> None:
    cast = world.cast
    guest = UserFactory.create(email="guest@example.com")
    data = _inline(cast.organization, {"user": str(guest.pk), "role": "viewer"})
    data[f"memberships-{_number(data, cast.viewer.user)}-role"] = "editor"
    data[f"memberships-{_number(data, cast.editor.user)}-DELETE"] = "on"

    change = reverse("admin:accounts_organization_change", args=[cast.organization.pk])
    assert page.post(change, data | {"name": "Renamed"}).status_code == 302

    assert _members(cast.organization) == {
        cast.owner.user.email: "owner",
        cast.admin.user.email: "admin",
        cast.viewer.user.email: "editor",
        guest.email: "viewer",
    }
    with system_scope():
        cast.organization.refresh_from_db()
    assert cast.organization.name == "Renamed"


def test_an_organisation_keeps_an_owner(page: Client, world: World) -> None:
    cast = world.cast
    before = _members(cast.organization)
    data = _inline(cast.organization) | {"name": "Ownerless"}
    data[f"memberships-{_number(data, cast.owner.user)}-role"] = "viewer"
    change = reverse("admin:accounts_organization_change", args=[cast.organization.pk])

    answer = page.post(change, data)

    assert "An organisation keeps at least one owner" in answer.content.decode()
    assert _members(cast.organization) == before
    with system_scope():
        assert not Organization.objects.filter(name="Ownerless").exists()
    data[f"memberships-{_number(data, cast.admin.user)}-role"] = "owner"
    assert page.post(change, data).status_code == 302
    assert _members(cast.organization)[cast.admin.user.email] == "owner"


def test_a_membership_has_a_page_of_its_own(page: Client, world: World) -> None:
    cast = world.cast
    with system_scope():
        owner = Membership.objects.get(user=cast.owner.user)
        viewer = Membership.objects.get(user=cast.viewer.user)

    refused = page.post(
        reverse("admin:accounts_membership_delete", args=[owner.pk]), {"post": "yes"}, follow=True
    )
    assert "An organisation keeps at least one owner" in refused.content.decode()
    assert cast.owner.user.email in _members(cast.organization)

    page.post(reverse("admin:accounts_membership_change", args=[viewer.pk]), {"role": "admin"})
    assert _members(cast.organization)[cast.viewer.user.email] == "admin"
    page.post(reverse("admin:accounts_membership_delete", args=[viewer.pk]), {"post": "yes"})
    assert cast.viewer.user.email not in _members(cast.organization)
    back = {"organization": str(cast.organization.pk), "user": str(cast.viewer.user.pk),
            "role": "viewer"}  # fmt: skip
    assert page.post(reverse("admin:accounts_membership_add"), back).status_code == 302
    assert _members(cast.organization)[cast.viewer.user.email] == "viewer"


def test_a_key_is_revoked_and_its_hash_never_shown(page: Client, world: World) -> None:
    with system_scope():
        key = AccessKey.objects.get(name="robot")
    change = page.get(reverse("admin:accounts_accesskey_change", args=[key.pk])).content.decode()
    assert key.key_hash not in change
    assert key.key_hash[:12] in change

    keys = reverse("admin:accounts_accesskey_changelist")
    page.post(keys, {"action": "revoke", "_selected_action": [str(key.pk)]})

    with system_scope():
        key.refresh_from_db()
    assert key.revoked_at is not None
    assert list(page.get(keys + "?state=usable").context["cl"].result_list) == []
    assert list(page.get(keys + "?state=unusable").context["cl"].result_list) == [key]
    assert "revoked" in page.get(keys).content.decode()


def test_a_lockout_is_seen_and_reset(page: Client) -> None:
    for name, failures in (("locked@example.com", 5), ("once@example.com", 1)):
        AccessAttempt.objects.create(
            username=name, ip_address="192.0.2.1", failures_since_start=failures, user_agent="x"
        )
    attempts = reverse("admin:axes_accessattempt_changelist")
    shut = page.get(attempts + "?locked=yes").context["cl"].result_list
    assert [row.username for row in shut] == ["locked@example.com"]

    page.post(attempts, {"action": "reset", "_selected_action": [shut[0].pk]})

    assert [row.username for row in AccessAttempt.objects.all()] == ["once@example.com"]
