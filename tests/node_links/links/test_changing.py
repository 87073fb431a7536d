"""Changing and removing links, one at a time."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.links.drafts import Address, LinkDraft
from node_links.models import AuditLog, NodeLink
from node_links.services.links.derived import sync_derived_links
from node_links.services.links.runtime import record_runtime_links
from tests.factories import Cast, make_sop
from tests.node_links.links.conftest import (
    LINKS,
    SOP,
    codes,
    joined,
    link_events,
    state,
)

Ends = tuple[Address, Address]


@pytest.fixture
def link(cast: Cast, ends: Ends) -> NodeLink:
    return joined(cast.editor, *ends)


def at(link: NodeLink) -> str:
    return f"{LINKS}{link.pk}/"


def test_a_new_base_makes_a_new_strength(cast: Cast, ends: Ends, link: NodeLink) -> None:
    answer = cast.editor.client.patch(at(link), {"base_strength": 0.75}, format="json")

    assert answer.status_code == 200
    assert (answer.json()["base_strength"], answer.json()["link_strength"]) == (0.75, 0.75)
    assert (answer["ETag"], answer.json()["strength_class"]) == ('"2"', "strong")
    _, (_, event_type, data) = link_events(cast.editor, ends[0].entity_id)
    assert event_type == "NodeLinkUpdated"
    assert data == {
        "link_id": str(link.pk),
        "changes": {
            "base_strength": {"old": 0.5, "new": 0.75},
            "link_strength": {"old": 0.5, "new": 0.75},
        },
    }
    with scope(cast.editor.actor):
        row = AuditLog.objects.filter(record_id=str(link.pk)).latest("pk")
    assert row.operation == "UPDATE"
    assert row.changed_fields == ["base_strength", "link_strength", "revision", "updated_at"]
    assert row.old_data is not None
    assert row.new_data is not None
    assert (row.old_data["revision"], row.new_data["revision"]) == (1, 2)
    assert row.changed_by_id == cast.editor.user.pk


def test_context_looks_and_pin_change(cast: Cast, link: NodeLink) -> None:
    sent = {
        "link_context": {"note": "x"},
        "visual_properties": {"color": "#000000", "dashed": True},
        "version_pin": "published",
    }
    answer = cast.editor.client.patch(at(link), sent, format="json")
    assert {name: answer.json()[name] for name in sent} == sent
    assert answer.json()["color"] == "#000000"


def test_what_changes_nothing_leaves_no_trace(cast: Cast, link: NodeLink) -> None:
    before = state(cast.editor)
    answer = cast.editor.client.patch(
        at(link), {"base_strength": 0.5, "link_context": {}}, format="json"
    )
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)
    assert state(cast.editor) == before


def test_what_was_read_may_be_sent_back(cast: Cast, link: NodeLink) -> None:
    read = cast.editor.client.get(at(link)).json()
    answer = cast.editor.client.patch(at(link), {**read, "base_strength": 0.6}, format="json")
    assert (answer.status_code, answer.json()["base_strength"]) == (200, 0.6)


def test_ends_and_type_stay(cast: Cast, ends: Ends, link: NodeLink) -> None:
    before = state(cast.editor)
    sent = {"target_entity_id": str(ends[0].entity_id), "link_type": "documents"}
    answer = cast.editor.client.patch(at(link), sent, format="json")
    assert (answer.status_code, codes(answer)) == (
        400,
        [("/link_type", "immutable"), ("/target_entity_id", "immutable")],
    )
    assert state(cast.editor) == before


def test_a_stale_revision_is_refused(cast: Cast, link: NodeLink) -> None:
    client = cast.editor.client
    fresh = client.patch(
        at(link), {"base_strength": 0.1}, format="json", headers={"If-Match": '"1"'}
    )
    assert fresh.status_code == 200
    before = state(cast.editor)
    for call in (client.patch, client.delete):
        stale = call(at(link), {"base_strength": 0.2}, format="json", headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["current_revision"]) == (412, 2)
    assert state(cast.editor) == before
    held = client.get(at(link), headers={"If-None-Match": '"2"'})
    assert held.status_code == 304


def test_a_link_is_removed(cast: Cast, ends: Ends, link: NodeLink) -> None:
    answer = cast.editor.client.delete(f"{at(link)}?reason=Outdated")
    assert answer.status_code == 204
    assert cast.editor.client.get(at(link)).status_code == 404
    assert cast.editor.client.delete(at(link)).status_code == 404
    _, (_, event_type, data) = link_events(cast.editor, ends[0].entity_id)
    assert event_type == "NodeLinkRemoved"
    assert data == {
        "link_id": str(link.pk),
        "source": {"feature": SOP, "entity_id": str(ends[0].entity_id)},
        "target": {"feature": SOP, "entity_id": str(ends[1].entity_id)},
        "link_type": "supports",
        "reason": "Outdated",
    }
    with scope(cast.editor.actor):
        row = AuditLog.objects.filter(record_id=str(link.pk)).latest("pk")
    assert (row.operation, row.new_data) == ("DELETE", None)
    assert row.old_data is not None
    assert row.old_data["link_type"] == "supports"


def test_a_viewer_changes_nothing(cast: Cast, link: NodeLink) -> None:
    before = state(cast.editor)
    client = cast.viewer.client
    assert client.patch(at(link), {"base_strength": 7}, format="json").status_code == 403
    assert client.delete(at(link)).status_code == 403
    assert state(cast.editor) == before


@pytest.mark.parametrize("sent", [{"base_strength": 0.9}, {"base_strength": 9}])
def test_derived_links_follow_their_source(cast: Cast, ends: Ends, sent: Any) -> None:
    make_sop(cast.editor, title="Reader", content="See [[Start the pump]].")
    with scope(cast.editor.actor):
        derived = NodeLink.objects.get(origin="derived")
    before = state(cast.editor)
    client = cast.admin.client
    for answer in (client.patch(at(derived), sent, format="json"), client.delete(at(derived))):
        assert (answer.status_code, answer.json()["code"]) == (409, "derived_link")
    assert state(cast.editor) == before


def test_derived_links_are_kept_in_step(cast: Cast, ends: Ends) -> None:
    first, second = ends
    source = make_sop(cast.editor, title="Source")
    third = make_sop(cast.editor, title="Third").pk

    def sync(*targets: Any) -> list[Any]:
        with scope(cast.editor.actor):
            sync_derived_links(
                actor=cast.editor.actor, source=source, link_type="documents",
                target_feature=SOP, targets=targets,
            )  # fmt: skip
            rows = NodeLink.objects.leaving(SOP, source.pk).order_by("target_entity_id")
            return list(rows.values_list("pk", "target_entity_id"))

    before = dict((target, pk) for pk, target in sync(first.entity_id, second.entity_id))
    after = {target: pk for pk, target in sync(second.entity_id, third, source.pk)}
    assert after.keys() == {second.entity_id, third}
    assert after[second.entity_id] == before[second.entity_id]
    told = [event_type for _, event_type, _ in link_events(cast.editor, source.pk)]
    assert told == ["NodeLinkCreated", "NodeLinkCreated", "NodeLinkRemoved", "NodeLinkCreated"]


def test_links_of_a_deleted_end_are_kept_and_not_shown(cast: Cast, ends: Ends) -> None:
    incoming = joined(cast.editor, ends[1], ends[0])
    gone = f"/api/v1/sops/{ends[1].entity_id}/"
    assert cast.admin.client.delete(gone).status_code == 204
    assert cast.editor.client.get(at(incoming)).status_code == 404
    assert cast.editor.client.patch(at(incoming), {}, format="json").status_code == 404
    assert cast.editor.client.get(LINKS).json()["count"] == 0
    with scope(cast.editor.actor):
        assert NodeLink.objects.filter(pk=incoming.pk).exists()
    assert cast.admin.client.post(f"{gone}restore/").status_code == 200
    assert cast.editor.client.get(at(incoming)).status_code == 200


def test_what_a_run_used_is_noted_once(cast: Cast, ends: Ends) -> None:
    source, target = ends
    drafts = [
        LinkDraft(source, target, "consumes", version_pin="1.0.0"),
        LinkDraft(source, target, "consumes", version_pin="1.0.0"),
        LinkDraft(source, source, "consumes"),
        LinkDraft(source, Address(SOP, source.entity_id, "gone"), "triggers"),
    ]
    with scope(cast.editor.actor):
        assert record_runtime_links(actor=cast.editor.actor, drafts=drafts) == 1
        before = state(cast.editor)
        assert record_runtime_links(actor=cast.editor.actor, drafts=drafts) == 0
        assert state(cast.editor) == before
        link = NodeLink.objects.get()
    assert (link.origin, link.link_type, link.version_pin) == ("runtime", "consumes", "1.0.0")
    [(_, _, data)] = link_events(cast.editor, source.entity_id)
    assert data["origin"] == "runtime"
