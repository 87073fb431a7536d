"""Operators walk through the graph by its pictures."""

from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import delete_sop
from node_links.models import NodeLink, NodeMetadata
from tests.admin.conftest import World
from tests.factories import UserFactory, make_sop


def address(sop: Sop, query: str = "") -> str:
    place = ["knowledge-base", sop.pk]
    return reverse("admin:node_links_nodemetadata_neighbourhood", args=place) + query


def drawn(page: Client, sop: Sop, query: str = "") -> dict[str, str]:
    """Return the nodes of the picture: names and where they lead."""
    answer = page.get(address(sop, query))
    assert answer.status_code == 200
    document = ElementTree.fromstring(answer.context["found"].picture.svg)  # noqa: S314 -- ours
    ns = "{http://www.w3.org/2000/svg}"
    return {
        (found.findtext(f"{ns}title") or "").split(" · ")[0]: found.get("href", "")
        for found in document.iter(f"{ns}a")
    }


def test_a_page_draws_what_is_linked_and_every_node_leads_on(page: Client, world: World) -> None:
    found = drawn(page, world.backup, "?depth=1&type=references&limit=150")

    assert found == {
        world.backup.title: address(world.backup, "?depth=1&limit=150&type=references"),
        world.restart.title: address(world.restart, "?depth=1&limit=150&type=references"),
    }
    walked = page.get(found[world.restart.title])
    assert walked.context["title"] == f"Neighbourhood of {world.restart.title}"
    assert walked.context["view"].types == ("references",)


def test_links_are_filtered_by_type_and_depth_is_chosen(page: Client, world: World) -> None:
    assert list(drawn(page, world.backup, "?type=nested")) == [world.backup.title]

    shown = page.get(address(world.backup, "?depth=3&type=nested"))
    chosen = {c.label: c.address for c in shown.context["kinds"]}
    assert [c.label for c in shown.context["depths"] if c.chosen] == ["3"]
    assert [c.label for c in shown.context["kinds"] if c.chosen] == ["nested"]
    assert chosen["references"] == "?depth=3&type=nested&type=references"
    assert chosen["nested"] == "?depth=3"
    assert "No link of these types." in shown.content.decode()


@pytest.mark.parametrize("query", ["?depth=x", "?depth=99", "?limit=-1", "?type=%00", "?depth=²"])
def test_nonsense_in_the_address_is_as_good_as_nothing(
    page: Client, world: World, query: str
) -> None:
    assert set(drawn(page, world.backup, query)) == {world.backup.title, world.restart.title}


def test_the_list_beside_the_picture_leads_to_nodes_and_links(page: Client, world: World) -> None:
    with system_scope():
        link = NodeLink.objects.get()

    shown = page.get(address(world.restart)).content.decode()

    assert reverse("admin:node_links_nodelink_change", args=[link.pk]) in shown
    assert "→ references" in shown
    assert "1 step away" in shown
    assert "New link from here" in shown


def test_a_lonely_node_says_so(page: Client, world: World) -> None:
    assert "Nothing is linked with this node." in page.get(address(world.foreign)).content.decode()


def test_names_are_never_markup(page: Client, world: World) -> None:
    evil = make_sop(world.cast.owner, title="<script>alert(1)</script>")
    shown = page.get(address(evil)).content.decode()

    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_unknown_and_deleted_nodes_have_no_page(page: Client, world: World) -> None:
    with scope(world.cast.owner.actor):
        delete_sop(actor=world.cast.owner.actor, pk=world.backup.pk)

    assert page.get(address(world.backup)).status_code == 404
    assert page.get(address(world.restart, "?node=nobody")).status_code == 404
    place = ["knowledge-base", uuid4()]
    nowhere = reverse("admin:node_links_nodemetadata_neighbourhood", args=place)
    assert page.get(nowhere).status_code == 404


def test_the_page_needs_the_right_to_see_nodes(world: World) -> None:
    newcomer = Client()
    user = UserFactory.create(email="new@example.com", is_staff=True)
    newcomer.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assert newcomer.get(address(world.backup)).status_code == 403
    assert newcomer.get("/admin/node_links/nodemetadata/search/").status_code == 403
    assert Client().get(address(world.backup)).status_code == 302


def test_it_is_reached_from_nodes_links_and_sops(page: Client, world: World) -> None:
    with system_scope():
        node = NodeMetadata.objects.get(entity_id=world.backup.pk)
        link = NodeLink.objects.get()
    for name, pk in (
        ("node_links_nodemetadata", node.pk),
        ("node_links_nodelink", link.pk),
        ("knowledge_base_sop", world.backup.pk),
    ):
        answer = page.get(reverse(f"admin:{name}_neighbourhood", args=[pk]))
        assert (answer.status_code, answer["Location"]) == (302, address(world.backup)), name
    listed = page.get(reverse("admin:node_links_nodemetadata_changelist")).content.decode()
    assert address(world.backup) in listed
    for name in ("node_links_nodemetadata", "node_links_nodelink"):
        assert page.get(reverse(f"admin:{name}_neighbourhood", args=[uuid4()])).status_code == 404


def test_orphans_are_a_filter_of_nodes(page: Client, world: World) -> None:
    found = page.get(reverse("admin:node_links_nodemetadata_changelist"), {"links": "none"})

    assert [node.name for node in found.context["cl"].result_list] == [world.foreign.title]


def test_a_page_costs_the_same_queries_whatever_it_shows(page: Client, world: World) -> None:
    def spent() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(address(world.restart)).status_code == 200
        return len(captured)

    few = spent()
    for number in range(8):
        make_sop(world.cast.owner, title=f"More {number}", content="[[Restart the mail server]]")

    assert spent() == few
