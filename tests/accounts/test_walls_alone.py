"""Each wall between organisations holds alone: querysets, and the policies of PostgreSQL."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.api import authentication
from accounts.models import AccessKey, Membership, Organization
from accounts.querysets import AccessKeyQuerySet, MembershipQuerySet, OrganizationQuerySet
from accounts.tenancy import enter_member, scope, system_scope
from knowledge_base.models import Sop, SopVersion
from node_links.models import NodeEvent, NodeLink, NodeMetadata
from node_links.querysets import EntityQuerySet, LinkQuerySet, NodeQuerySet
from tests.accounts.conftest import KEYS, MEMBERSHIPS, ORGANIZATIONS, refusal
from tests.accounts.world import World, make_world

SOPS = "/api/v1/sops/"
LISTS = (KEYS, MEMBERSHIPS, ORGANIZATIONS, SOPS)
SCOPED: dict[str, Callable[[Actor], QuerySet[Any]]] = {
    "organisations": lambda actor: Organization.objects.visible_to(actor),
    "memberships": lambda actor: Membership.objects.visible_to(actor),
    "access keys": lambda actor: AccessKey.objects.visible_to(actor),
    "SOPs": lambda actor: Sop.objects.visible_to(actor),
    "nodes": lambda actor: NodeMetadata.objects.visible_to(actor),
    "links": lambda actor: NodeLink.objects.visible_to(actor),
}
UNSCOPED = (Membership, AccessKey, Sop, SopVersion, NodeMetadata, NodeLink, NodeEvent)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def without_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests run in the role that policies let see everything."""

    def enter_and_see_all(user_id: UUID, **chosen: Any) -> Any:
        row = enter_member(user_id, **chosen)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.role', 'operator', true)")
        return row

    monkeypatch.setattr(authentication, "enter_member", enter_and_see_all)


@pytest.fixture
def without_scoping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Querysets leave the choice of rows to PostgreSQL."""
    querysets = (
        AccessKeyQuerySet,
        MembershipQuerySet,
        OrganizationQuerySet,
        EntityQuerySet,
        NodeQuerySet,
        LinkQuerySet,
    )
    for queryset in querysets:
        monkeypatch.setattr(queryset, "visible_to", lambda self, actor: self.all())


def _listed(world: World, url: str) -> tuple[set[str], set[str]]:
    """Return the ids that ann and bob are shown at `url`."""
    ann, bob = (
        {row["id"] for row in person.client.get(url).json()["results"]}
        for person in (world.ann, world.bob)
    )
    return ann, bob


@pytest.mark.parametrize("rows", SCOPED)
def test_querysets_keep_organisations_apart_without_policies(world: World, rows: str) -> None:
    with system_scope():
        ann = {row.pk for row in SCOPED[rows](world.ann.actor)}
        bob = {row.pk for row in SCOPED[rows](world.bob.actor)}

    assert ann
    assert bob
    assert ann & bob == set()


@pytest.mark.parametrize("model", UNSCOPED)
def test_policies_keep_organisations_apart_without_querysets(world: World, model: Any) -> None:
    for person in (world.ann, world.bob):
        with scope(person.actor):
            seen = {row.organization_id for row in model._base_manager.all()}
        assert seen == {person.organization.pk}


@pytest.mark.usefixtures("without_policies")
@pytest.mark.parametrize("url", LISTS)
def test_lists_show_the_own_organisation_without_policies(world: World, url: str) -> None:
    ann, bob = _listed(world, url)

    assert (len(ann), len(bob)) == ((2, 2) if url == SOPS else (1, 1))
    assert ann & bob == set()


@pytest.mark.usefixtures("without_scoping")
@pytest.mark.parametrize("url", LISTS)
def test_lists_show_the_own_organisation_without_scoping(world: World, url: str) -> None:
    ann, bob = _listed(world, url)

    assert (len(ann), len(bob)) == ((2, 2) if url == SOPS else (1, 1))
    assert ann & bob == set()


@pytest.mark.parametrize("wall", ["without_policies", "without_scoping"])
def test_a_foreign_row_is_404_behind_either_wall_alone(
    world: World, wall: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(wall)
    with system_scope():
        membership = Membership.objects.get(user=world.bob.user)
        key = AccessKey.objects.get(user=world.bob.user)
    urls = [
        f"{MEMBERSHIPS}{membership.pk}/",
        f"{KEYS}{key.pk}/",
        f"{ORGANIZATIONS}{world.bob.organization.pk}/",
        f"{SOPS}{world.sop_of_bob.pk}/",
    ]
    client = world.ann.client

    for url in urls:
        assert refusal(client.get(url)) == (404, "not_found"), url
    for url in (urls[0], urls[1], urls[3]):
        assert refusal(client.delete(url)) == (404, "not_found"), url
    assert refusal(client.patch(urls[2], {"name": "Taken"})) == (404, "not_found")
    with system_scope():
        assert Membership.objects.filter(pk=membership.pk).exists()
        assert AccessKey.objects.get(pk=key.pk).revoked_at is None
        assert Organization.objects.get(pk=world.bob.organization.pk).name != "Taken"
        assert Sop.objects.filter(pk=world.sop_of_bob.pk).exists()


def test_without_either_wall_the_other_rows_would_show(
    world: World, without_policies: None, without_scoping: None
) -> None:
    ann, bob = _listed(world, MEMBERSHIPS)

    assert len(ann) == 2
    assert ann == bob
