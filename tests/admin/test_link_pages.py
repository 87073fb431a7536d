"""Operators link nodes by name, change and remove what people have linked, and nothing else."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import scope, system_scope
from node_links.choices import LinkOrigin
from node_links.links.drafts import Address, LinkDraft
from node_links.links.strength import Metrics
from node_links.models import AuditLog, LinkDrift, NodeEvent, NodeLink, NodeLinkType, NodeMetadata
from node_links.services.links.creating import create_link
from node_links.services.links.strength import calculate_strength
from tests.admin.conftest import World

ADD = "/admin/node_links/nodelink/add/"
SEARCH = "/admin/node_links/nodemetadata/search/"


def node_of(entity: Any) -> NodeMetadata:
    with system_scope():
        return NodeMetadata.objects.get(entity_id=entity.pk, node_id=None)


def form(world: World, **values: Any) -> dict[str, Any]:
    return {
        "source": str(node_of(world.restart).pk),
        "target": str(node_of(world.backup).pk),
        "link_type": "supports",
        "base_strength": "0.7",
        "version_pin": "latest",
        "link_context": '{"why": "both"}',
        "visual_properties": "{}",
        **values,
    }


def by_hand() -> list[NodeLink]:
    with system_scope():
        return list(NodeLink.objects.filter(origin=LinkOrigin.MANUAL))


@pytest.fixture
def link(world: World) -> NodeLink:
    """Return a link that a member has made."""
    ends = [Address("knowledge-base", sop.pk) for sop in (world.restart, world.backup)]
    with scope(world.cast.owner.actor):
        made, _ = create_link(
            actor=world.cast.owner.actor, draft=LinkDraft(ends[0], ends[1], "documents")
        )
    return made


def page_of(link: NodeLink, name: str = "change") -> str:
    return reverse(f"admin:node_links_nodelink_{name}", args=[link.pk])


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return dict(found)


def test_an_operator_links_two_nodes_and_is_on_record(
    page: Client, operator: User, world: World
) -> None:
    assert page.post(ADD, form(world)).status_code == 302

    (made,) = by_hand()
    assert (made.source_entity_id, made.target_entity_id) == (world.restart.pk, world.backup.pk)
    assert (made.link_type, str(made.base_strength), made.link_context) == (
        "supports", "0.7000", {"why": "both"},
    )  # fmt: skip
    assert made.created_by_id == operator.pk
    with system_scope():
        event = NodeEvent.objects.get(event_type="NodeLinkCreated", data__link_id=str(made.pk))
        assert event.user_id == operator.pk
        row = AuditLog.objects.get(table_name="node_links", record_id=str(made.pk))
        assert (row.operation, row.changed_by_id) == ("INSERT", operator.pk)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"base_strength": "1.01"}, "base_strength"),
        ({"base_strength": "NaN"}, "base_strength"),
        ({"version_pin": "1.x"}, "version_pin"),
        ({"link_type": "sings"}, "link_type"),
        ({"source": "not-an-id"}, "source"),
        ({"target": str(uuid4())}, "target"),
        ({"link_context": "[]"}, "link_context"),
        ({"visual_properties": "[1]"}, "visual_properties"),
    ],
)
def test_what_cannot_be_linked_is_refused_beside_its_field(
    page: Client, world: World, values: dict[str, str], field: str
) -> None:
    answer = page.post(ADD, form(world, **values))

    assert list(errors(answer)) == [field]
    assert by_hand() == []


def test_a_node_is_not_linked_with_itself_nor_with_another_organisation(
    page: Client, world: World
) -> None:
    own = str(node_of(world.restart).pk)
    foreign = str(node_of(world.foreign).pk)

    assert errors(page.post(ADD, form(world, target=own)))["target"] == [
        "A node cannot be linked with itself."
    ]
    assert errors(page.post(ADD, form(world, target=foreign)))["target"] == [
        "This node belongs to another organisation."
    ]
    assert by_hand() == []


def test_what_the_service_refuses_is_told_and_nothing_typed_is_lost(
    page: Client, world: World, link: NodeLink
) -> None:
    with system_scope():
        organization = world.cast.stranger.organization
        NodeLinkType.objects.create(type_name="inspires", organization=organization)

    answer = page.post(ADD, form(world, link_type="documents"))

    assert "exists" in str(errors(answer))
    assert answer.context["adminform"].form["base_strength"].value() == "0.7"
    assert len(by_hand()) == 1
    assert list(errors(page.post(ADD, form(world, link_type="inspires")))) == ["link_type"]


def test_the_source_of_the_address_is_chosen_and_narrows_the_target(
    page: Client, world: World
) -> None:
    source = node_of(world.restart)

    shown = page.get(ADD, {"source": str(source.pk)}).content.decode()

    assert f"{world.restart.title} · Knowledge sop · " in shown
    assert f"search/?organization={source.organization_id}" in shown
    assert page.get(ADD, {"source": "nonsense"}).status_code == 200


def test_a_link_made_by_hand_is_changed_through_the_service(page: Client, link: NodeLink) -> None:
    values = {"base_strength": "0.9", "version_pin": "published", "link_context": "{}",
              "visual_properties": "{}", "seen_revision": "1"}  # fmt: skip

    assert page.post(page_of(link), values).status_code == 302
    with system_scope():
        link.refresh_from_db()
        assert (str(link.base_strength), link.version_pin, link.revision) == (
            "0.9000", "published", 2,
        )  # fmt: skip
        assert NodeEvent.objects.filter(event_type="NodeLinkUpdated").count() == 1
    assert (link.link_type, link.source_entity_id) == ("documents", link.source_entity_id)

    stale = page.post(page_of(link), {**values, "base_strength": "0.1"})
    assert "__all__" in errors(stale)
    with system_scope():
        link.refresh_from_db()
    assert str(link.base_strength) == "0.9000"


def test_a_link_made_by_hand_can_go(page: Client, link: NodeLink) -> None:
    assert page.post(page_of(link, "delete"), {"post": "yes"}).status_code == 302

    assert by_hand() == []
    with system_scope():
        event = NodeEvent.objects.get(event_type="NodeLinkRemoved")
    assert event.data["reason"] == "Removed in the admin."


def test_links_that_follow_the_content_are_looked_at_only(page: Client, world: World) -> None:
    with system_scope():
        derived = NodeLink.objects.get(origin=LinkOrigin.DERIVED)

    assert page.get(page_of(derived)).status_code == 200
    assert page.post(page_of(derived), {"base_strength": "0.1"}).status_code == 403
    assert page.post(page_of(derived, "delete"), {"post": "yes"}).status_code == 403
    with system_scope():
        assert NodeLink.objects.get(pk=derived.pk).base_strength == derived.base_strength


def test_a_link_tells_how_it_came_by_its_strength(
    page: Client, world: World, link: NodeLink
) -> None:
    assert "Nothing has been calculated yet" in page.get(page_of(link)).content.decode()
    actor = world.cast.owner.actor
    with scope(actor):
        calculate_strength(actor=actor, link_id=link.pk, metrics=Metrics.of(50, 0.5, 0.25))

    shown = page.get(page_of(link)).content.decode()

    assert "0.8000" in shown
    assert world.cast.owner.user.email in shown or str(world.cast.owner.user) in shown


def test_a_drifted_pin_is_a_badge_and_a_filter(page: Client, link: NodeLink) -> None:
    address = reverse("admin:node_links_nodelink_changelist")
    assert len(page.get(address, {"drift": "any"}).context["cl"].result_list) == 0
    with system_scope():
        LinkDrift.objects.create(
            link=link, organization_id=link.organization_id, status="drifted",
            from_version="1.0.0", to_version="2.0.0", bump="major", versions_behind=3,
        )  # fmt: skip

    found = page.get(address, {"drift": "drifted"})
    assert [row.pk for row in found.context["cl"].result_list] == [link.pk]
    assert "3 versions behind" in found.content.decode()
    with system_scope():
        LinkDrift.objects.update(status="broken", reason="version_gone", to_version=None)
    broken = page.get(address, {"drift": "broken"}).content.decode()
    assert ">broken</span>" in broken


def test_nodes_are_found_by_the_words_of_their_names_across_organisations(
    page: Client, world: World
) -> None:
    def found(**query: Any) -> list[str]:
        rows = page.get(SEARCH, query).json()["results"]
        return [row["text"].split(" · ")[0] for row in rows]

    assert found(term="mail server") == [world.backup.title, world.restart.title]
    assert found(term="restart") == [world.restart.title]
    assert found(term="SERVER the restart") == [world.restart.title]
    assert len(found(term="")) == 3
    assert found(term="plants") == [world.foreign.title]
    assert found(term="", organization=world.cast.stranger.organization.pk) == [world.foreign.title]
    assert found(term=str(world.backup.pk)) == [world.backup.title]
    assert found(term="%") == []
    assert found(term="a\x00b", page="x") == []
    assert found(term="", page="9") == []


def test_only_operators_who_may_see_nodes_may_search_them(world: World) -> None:
    member = Client()
    member.force_login(world.cast.owner.user, backend="django.contrib.auth.backends.ModelBackend")

    assert member.get(SEARCH, {"term": "mail"}).status_code == 302
    assert Client().get(SEARCH, {"term": "mail"}).status_code == 302
