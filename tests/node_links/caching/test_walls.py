"""What is cached is served to nobody who could not have read it from the database."""

from typing import Any

import pytest

from accounts.choices import Role
from accounts.models import Membership, User
from accounts.tenancy import system_scope
from knowledge_base.api.views import SopViewSet
from knowledge_base.models import Sop
from node_links.permissions import Act
from tests.factories import Cast, Person, make_person, make_sop
from tests.knowledge_base.observing import address
from tests.node_links.caching.observing import get, got, got_from_cache, lookups
from tests.observing import refused


@pytest.fixture
def sop(cast: Cast) -> Sop:
    """Return an SOP that is in the cache."""
    sop = make_sop(cast.editor)
    got(cast.editor, sop)
    got_from_cache(cast.editor, sop)
    return sop


def counted() -> tuple[float, float]:
    return lookups("hit"), lookups("miss")


def test_a_stranger_does_not_find_it(cast: Cast, sop: Sop) -> None:
    before = counted()

    refused(get(cast.stranger, sop), 404, "not_found")
    refused(get(cast.stranger, sop, if_none_match='"1"'), 404, "not_found")

    assert counted() == before
    got_from_cache(cast.viewer, sop)


def test_a_member_of_two_organisations_finds_it_in_its_own_only(cast: Cast, sop: Sop) -> None:
    with system_scope():
        Membership.objects.create(
            organization=cast.organization, user=cast.stranger.user, role=Role.VIEWER
        )
    at_home = Person(cast.stranger.user, cast.organization, Role.VIEWER)

    assert got_from_cache(at_home, sop)["id"] == str(sop.pk)
    refused(get(cast.stranger, sop), 404, "not_found")


def test_who_is_no_member_any_more_is_refused(cast: Cast, sop: Sop) -> None:
    leaving = make_person(Role.EDITOR, cast.organization)
    got_from_cache(leaving, sop)

    with system_scope():
        Membership.objects.filter(user=leaving.user).delete()

    refused(get(leaving, sop), 404, "not_found")
    got_from_cache(cast.viewer, sop)


def test_who_is_disabled_is_refused(cast: Cast, sop: Sop) -> None:
    leaving = make_person(Role.EDITOR, cast.organization)
    got_from_cache(leaving, sop)

    with system_scope():
        User.objects.filter(pk=leaving.user.pk).update(is_active=False)

    assert get(leaving, sop).status_code == 401


def test_nobody_is_let_in_by_the_cache(cast: Cast, sop: Sop) -> None:
    client = cast.editor.client
    client.credentials()

    assert client.get(address(sop)).status_code == 401


def access_key(cast: Cast, scopes: list[str]) -> dict[str, Any]:
    body = {"name": "machine", "scopes": scopes}
    made = cast.editor.client.post("/api/v1/access-keys/", body)
    assert made.status_code == 201, made.content
    return {"HTTP_AUTHORIZATION": f"Bearer {made.json()['key']}"}


def test_an_access_key_needs_its_scope(cast: Cast, sop: Sop) -> None:
    client = cast.editor.client
    client.credentials(**access_key(cast, ["sops:read"]))
    hits = lookups("hit")
    assert client.get(address(sop)).status_code == 200
    assert lookups("hit") == hits + 1

    client.credentials(**access_key(cast, ["sops:write"]))

    refused(client.get(address(sop)), 403, "insufficient_scope")
    assert lookups("hit") == hits + 1


def test_object_permissions_are_asked_each_time(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SopViewSet, "acts", {**SopViewSet.acts, "retrieve": Act.AUDIT})

    refused(get(cast.viewer, sop), 403, "permission_denied")
    refused(get(cast.viewer, sop, if_none_match='"1"'), 403, "permission_denied")
    got_from_cache(cast.editor, sop)
    listed = {"viewers": [str(cast.viewer.user.pk)]}
    assert cast.admin.client.patch(address(sop), {"permissions": listed}).status_code == 200

    assert got_from_cache(cast.viewer, sop)["permissions"]["viewers"] == listed["viewers"]


def test_a_viewset_may_read_past_the_cache(
    cast: Cast, sop: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SopViewSet, "reads_through_cache", False)
    before = counted()

    assert got(cast.viewer, sop)["id"] == str(sop.pk)
    assert cast.editor.client.patch(address(sop), {"tags": ["x"]}).status_code == 200
    assert got(cast.viewer, sop)["tags"] == ["x"]

    assert counted() == before
