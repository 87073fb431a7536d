"""References between SOPs: found, dangling, healed, detached, and the links derived from them."""

import pytest

from accounts.tenancy import scope
from knowledge_base.models import Sop
from node_links.choices import LinkOrigin
from node_links.models import NodeLink
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import SOPS, address
from tests.observing import event_types, events

pytestmark = pytest.mark.django_db


def links(person: Person) -> set[tuple[str, str, str]]:
    """Return (source title, target title, origin) of all links."""
    with scope(person.actor):
        titles = dict(Sop.all_objects.values_list("pk", "title"))
        rows = NodeLink.objects.visible_to(person.actor)
        return {
            (titles[row.source_entity_id], titles[row.target_entity_id], row.origin) for row in rows
        }


def targets(person: Person, sop: Sop) -> list[tuple[str, str | None]]:
    """Return (as written, title of the target) of an SOP's references, in order."""
    rows = person.client.get(address(sop, "references/")).json()["results"]
    return [(row["raw_target"], row["target"] and row["target"]["title"]) for row in rows]


def test_references_are_found_in_order_and_the_dangling_ones_are_listed(cast: Cast) -> None:
    make_sop(cast.editor, title="After the incident")
    make_sop(cast.stranger, title="Foreign")
    sop = make_sop(
        cast.editor,
        title="Source",
        content="[a](after-the-incident.md#x) [[After the Incident|b]] ![[gone]] [[Foreign]] "
        "[site](https://example.com) [here](#top) `[[code]]`",
    )

    rows = cast.viewer.client.get(address(sop, "references/")).json()["results"]

    assert [(row["kind"], row["raw_target"], row["fragment"], row["label"]) for row in rows] == [
        ("markdown", "after-the-incident.md", "x", "a"),
        ("wikilink", "After the Incident", "", "b"),
        ("embed", "gone", "", "gone"),
        ("wikilink", "Foreign", "", "Foreign"),
    ]
    assert [bool(row["target"]) for row in rows] == [True, True, False, False]
    dangling = cast.viewer.client.get(f"{SOPS}dangling/").json()["results"]
    assert [(row["raw_target"], row["sop"]["title"]) for row in dangling] == [
        ("gone", "Source"), ("Foreign", "Source"),
    ]  # fmt: skip
    assert links(cast.editor) == {("Source", "After the incident", "derived")}
    assert event_types(cast.editor, sop) == ["SopCreated", "NodeLinkCreated"]


def test_a_dangling_reference_is_healed_when_its_target_appears_or_is_renamed(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Source", content="[[Target]] and [[Other]]")
    target = make_sop(cast.editor, title="Target")
    assert targets(cast.editor, sop) == [("Target", "Target"), ("Other", None)]
    client = cast.editor.client

    client.patch(address(target), {"title": "Other"})
    assert targets(cast.editor, sop) == [("Target", None), ("Other", "Other")]
    assert links(cast.editor) == {("Source", "Other", "derived")}

    client.patch(address(target), {"aliases": ["target"]})
    assert targets(cast.editor, sop) == [("Target", "Other"), ("Other", "Other")]

    client.delete(address(target))
    assert targets(cast.editor, sop) == [("Target", None), ("Other", None)]
    assert links(cast.editor) == set()

    replacement = make_sop(cast.editor, title="Other")
    assert targets(cast.editor, sop) == [("Target", None), ("Other", "Other")]
    cast.admin.client.post(address(target, "restore/"))
    assert targets(cast.editor, sop) == [("Target", "Other"), ("Other", "Other")]
    backs = client.get(address(target, "backlinks/")).json()["results"]
    assert [row["raw_target"] for row in backs] == ["Target"]
    backs = client.get(address(replacement, "backlinks/")).json()["results"]
    assert [row["raw_target"] for row in backs] == ["Other"]


def test_a_reference_to_itself_is_neither_backlink_nor_link(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Loop", content="[[Loop]]")

    assert targets(cast.editor, sop) == [("Loop", "Loop")]
    assert cast.editor.client.get(address(sop, "backlinks/")).json()["count"] == 0
    assert links(cast.editor) == set()


def test_derived_links_follow_the_text_and_manual_ones_stay(cast: Cast) -> None:
    one, two = make_sop(cast.editor, title="One"), make_sop(cast.editor, title="Two")
    sop = make_sop(cast.editor, title="Source", content="[[One]] [[One]] [[Two]]")
    assert links(cast.editor) == {("Source", "One", "derived"), ("Source", "Two", "derived")}
    with scope(cast.editor.actor):
        NodeLink.objects.filter(target_entity_id=two.pk).update(origin=LinkOrigin.MANUAL)
        kept = NodeLink.objects.get(target_entity_id=one.pk)

    cast.editor.client.patch(address(sop), {"content": "[[One]] only"})
    assert links(cast.editor) == {("Source", "One", "derived"), ("Source", "Two", "manual")}
    with scope(cast.editor.actor):
        assert NodeLink.objects.get(target_entity_id=one.pk).pk == kept.pk

    cast.editor.client.patch(address(sop), {"content": "nothing"})
    assert links(cast.editor) == {("Source", "Two", "manual")}
    name, data = events(cast.editor, sop)[-1]
    assert (name, data["target"]["entity_id"]) == ("NodeLinkRemoved", str(one.pk))


def test_rendered_references_lead_to_their_targets_by_kind_and_name(cast: Cast) -> None:
    page = make_sop(cast.editor, title="Page")
    sop = make_sop(cast.editor, content="[[page]] [x](page.md#part) [y](gone.md)")

    html = cast.viewer.client.get(address(sop, "render/")).json()["html"]

    assert html.count(f'href="/api/v1/sops/{page.pk}/') == 2
    assert f'href="/api/v1/sops/{page.pk}/#part"' in html


def test_rendering_is_sanitised_and_carries_the_anchors_of_the_contents(cast: Cast) -> None:
    content = (
        "# Réstart!\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n"
        '[x](javascript:alert(1)) <a href="data:text/html,x" onclick="y()">z</a>'
        "<iframe src=//evil></iframe><style>*{}</style>\n\n## Same\n\n## Same\n\n## ???\n"
    )
    sop = make_sop(cast.editor, content=content)
    client = cast.viewer.client

    html = client.get(address(sop, "render/")).json()["html"]
    toc = client.get(address(sop, "toc/")).json()

    for evil in ("<script", "onerror", "onclick", '="javascript:', "<iframe", "<style", "data:"):
        assert evil not in html
    assert [(row["level"], row["title"], row["anchor"]) for row in toc] == [
        (1, "Réstart!", "réstart"), (2, "Same", "same"), (2, "Same", "same-1"),
        (2, "???", "section-4"),
    ]  # fmt: skip
    for row in toc:
        assert html.count(f'id="{row["anchor"]}"') == 1
    assert client.get(address(sop)).json()["content"] == content
