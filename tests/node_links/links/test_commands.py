"""`check_links`, `show_links` and `rebuild_nodes`."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop
from node_links.management.commands import check_links as command
from node_links.models import LinkDrift, NodeLink, NodeMetadata
from node_links.search.backlog import drain
from node_links.services import rebuilding
from node_links.services.links import checking
from tests.factories import Cast, make_sop
from tests.node_links.links.observing import make_link, reread, told

UNKNOWN = "0190a0b0-0000-7000-8000-000000000000"
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run a command, return what it says."""
    out = StringIO()
    call_command(*arguments, stdout=out, skip_checks=True)
    return out.getvalue().strip()


def refused(*arguments: str) -> str:
    """Run a command that must fail, return what it says."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command(*arguments, stdout=out, skip_checks=True)
    assert error.value.returncode == 1
    return f"{out.getvalue()}{error.value}"


@pytest.fixture
def link(cast: Cast) -> NodeLink:
    """Return a link between two published SOPs, of which all is well."""
    first, second = make_sop(cast.editor, title="First"), make_sop(cast.editor, title="Second")
    with scope(cast.editor.actor):
        publish_sop(actor=cast.editor.actor, pk=second.pk)
    return make_link(cast.editor, first, second, version_pin="1.0.0", link_type="documents")


def state() -> list[object]:
    with system_scope():
        return [
            sorted(NodeLink.objects.values_list("pk", "source_node_id", "target_entity_id")),
            sorted(NodeMetadata.objects.values_list("pk", "name", "deleted_at")),
        ]


def test_a_sound_graph_is_told_to_be_sound(cast: Cast, link: NodeLink) -> None:
    before = state()

    assert run("check_links") == "0 findings, 0 of them put right."
    assert state() == before


def test_addresses_are_made_those_of_their_nodes(cast: Cast, link: NodeLink) -> None:
    with system_scope():
        NodeLink.objects.filter(pk=link.pk).update(
            target_entity_id=link.source_entity_id, source_node_id="gone"
        )
    before = state()
    said = refused("check_links")
    assert "wrong_address" in said
    assert str(link.pk) in said
    assert state() == before

    assert "1 findings, 1 of them put right." in run("check_links", "--fix")

    found = reread(link)
    assert (found.target_entity_id, found.source_node_id) == (link.target_entity_id, None)
    assert run("check_links").startswith("0 findings")


def test_missing_gone_and_stray_nodes_are_put_right(cast: Cast, link: NodeLink) -> None:
    lonely = make_sop(cast.editor, title="Lonely")
    hidden = make_sop(cast.editor, title="Hidden")
    with system_scope():
        NodeMetadata.objects.filter(entity_id=lonely.pk).delete()
        NodeMetadata.objects.filter(entity_id=hidden.pk).update(deleted_at=timezone.now())
        for entity, node_id in ((link.source_entity_id, "drawn"), (uuid4(), None)):
            NodeMetadata.objects.create(
                organization=cast.organization, feature_type="knowledge-base", entity_id=entity,
                node_id=node_id, node_type="x",
            )  # fmt: skip
    said = refused("check_links", "--organization", cast.organization.slug)
    for fault in ("missing_node", "wrong_deletion", "gone_node", "stray_node"):
        assert said.count(fault) == 1
    assert said.endswith("4 findings are left.")
    assert run("check_links", "--organization", cast.stranger.organization.slug)[0] == "0"

    assert "4 findings, 4 of them put right." in run("check_links", "--fix")

    with system_scope():
        assert NodeMetadata.objects.get(entity_id=lonely.pk).name == "Lonely"
        assert NodeMetadata.objects.get(entity_id=hidden.pk).deleted_at is None
        assert NodeMetadata.objects.filter(node_type="x").count() == 0
    assert reread(link).pk == link.pk
    assert run("check_links").startswith("0 findings")


def test_a_pin_that_leads_nowhere_is_left_to_people(cast: Cast, link: NodeLink) -> None:
    with system_scope():
        NodeLink.objects.filter(pk=link.pk).update(version_pin="3.0.0")
    assert "untold_drift" in refused("check_links")
    assert told("LinkBroken") == []

    said = refused("check_links", "--fix")

    assert "pinned to 3.0.0" in said
    assert "2 findings, 1 of them put right." in said
    assert [data["reason"] for data in told("LinkBroken")] == ["version_gone"]
    assert "untold_drift" not in refused("check_links", "--fix")
    assert reread(link).version_pin == "3.0.0"


def test_an_end_in_another_organisation_is_told_and_left(cast: Cast, link: NodeLink) -> None:
    theirs = make_sop(cast.stranger, title="Theirs")
    with system_scope():
        node = NodeMetadata.objects.get(entity_id=theirs.pk)
        NodeLink.objects.filter(pk=link.pk).update(
            target=node, target_entity_id=theirs.pk, version_pin="latest"
        )

    assert "foreign_end" in refused("check_links", "--fix")


def test_a_long_list_is_cut(cast: Cast, link: NodeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SHOWN", 1)
    monkeypatch.setattr(checking, "LINKS_PER_STEP", 1)
    with scope(cast.editor.actor):
        twin = Sop.objects.get(pk=link.source_entity_id)
        other = Sop.objects.get(pk=link.target_entity_id)
    make_link(cast.editor, twin, other, version_pin="4.0.0")
    make_link(cast.editor, twin, other, version_pin="5.0.0", link_type="nested")
    run_and_ignore = refused("check_links", "--fix")

    assert "… and 2 more" in run_and_ignore


def test_unknown_names_are_refused(cast: Cast) -> None:
    for name in ("check_links", "rebuild_nodes"):
        refused(name, "--organization", "nobody")
        refused(name, "--feature", "poem")


def test_nodes_are_written_anew_where_they_are_wrong(
    cast: Cast, link: NodeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "ENTITIES_PER_TRANSACTION", 2)
    lost, deleted = make_sop(cast.editor, title="Lost"), make_sop(cast.editor, title="Deleted")
    cast.owner.client.delete(f"/api/v1/sops/{deleted.pk}/")
    drain()
    with system_scope():
        NodeMetadata.objects.filter(entity_id=lost.pk).delete()
        NodeMetadata.objects.filter(entity_id=link.source_entity_id).update(name="Other")
        NodeMetadata.objects.filter(entity_id=deleted.pk).update(deleted_at=None)

    assert run("rebuild_nodes") == "4 entities described; 3 nodes were written."

    with system_scope():
        assert NodeMetadata.objects.get(entity_id=lost.pk).name == "Lost"
        assert NodeMetadata.objects.get(pk=link.source_id).name == "First"
        assert NodeMetadata.objects.get(entity_id=deleted.pk).deleted_at is not None
    assert reread(link).pk == link.pk
    assert run("rebuild_nodes") == "4 entities described; 0 nodes were written."


def test_the_links_of_a_node_are_shown_as_a_tree(cast: Cast, link: NodeLink) -> None:
    with scope(cast.editor.actor):
        first = Sop.objects.get(pk=link.source_entity_id)
        second = Sop.objects.get(pk=link.target_entity_id)
        LinkDrift.objects.create(
            link=link, organization=cast.organization, status="drifted", from_version="1.0.0",
            to_version="2.0.0", bump="major", versions_behind=3,
        )  # fmt: skip
    back = make_link(cast.editor, second, first, link_type="supports", link_strength="0.9")
    with scope(cast.editor.actor):
        LinkDrift.objects.create(
            link=back, organization=cast.organization, status="broken", from_version="latest",
            reason="target_archived",
        )  # fmt: skip

    lines = run("show_links", f"knowledge-base:{first.pk}").splitlines()

    assert lines == [
        f"First knowledge-base:{first.pk}",
        "├── leads to (1)",
        f"│   └── —documents→ Second knowledge-base:{second.pk}  0.5000, manual, 1.0.0  "
        "drifted: 2.0.0 is live (major, 3 on)",
        "└── is led to by (1)",
        f"    └── ←supports— Second knowledge-base:{second.pk}  0.9000, manual, latest  "
        "broken: the target has been archived",
    ]


def test_one_node_is_shown_with_its_own_links_only(cast: Cast, link: NodeLink) -> None:
    with scope(cast.editor.actor):
        part = NodeMetadata.objects.create(
            organization=cast.organization, feature_type="knowledge-base", node_id="part/1",
            entity_id=link.source_entity_id, node_type="step", deleted_at=timezone.now(),
        )  # fmt: skip
        for number in range(3):
            NodeLink.objects.create(
                organization=cast.organization, source=part, target_id=link.target_id,
                source_feature="knowledge-base", source_entity_id=link.source_entity_id,
                source_node_id="part/1", target_feature="knowledge-base",
                target_entity_id=link.target_entity_id, link_type=f"t{number}",
            )  # fmt: skip
    address = f"knowledge-base:{link.source_entity_id}"

    said = run("show_links", f"{address}/part/1", "--limit", "2")
    assert said.startswith(f"step {address}/part/1 deleted\n└── leads to (3)\n")
    assert said.endswith("… and 1 more")
    assert said.count("at part/1") == 2
    assert "leads to (4)" in run("show_links", address)


@pytest.mark.parametrize("address", ["knowledge-base", "knowledge-base:x", f"spindle:{UNKNOWN}"])
def test_an_address_that_leads_nowhere_is_refused(cast: Cast, address: str) -> None:
    refused("show_links", address)
