"""The list of nodes, and the search over all features."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts.tenancy import scope
from knowledge_base.services.sops import archive_sop, delete_sop
from node_links.models import NodeMetadata
from node_links.search.backlog import drain
from tests.factories import Cast, Person, make_sop
from tests.node_links.nodes.conftest import NODES, at, draw_row
from tests.observing import faults

pytestmark = pytest.mark.django_db


def listed(person: Person, query: str = "") -> list[str]:
    response = person.client.get(f"{NODES}?{query}")
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["count"] == len(body["results"])
    return [row["name"] for row in body["results"]]


def test_nodes_are_listed_those_changed_last_first(cast: Cast) -> None:
    first = make_sop(cast.editor, title="First")
    make_sop(cast.editor, title="Second", category="IT")
    make_sop(cast.stranger, title="Foreign")
    cast.editor.client.patch(at(first), {"metadata": {"x": 1}})
    gone = make_sop(cast.editor, title="Gone")
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=gone.pk)

    rows = cast.viewer.client.get(NODES).json()["results"]

    assert [row["name"] for row in rows] == ["First", "Second"]
    assert [row["revision"] for row in rows] == [2, 1]
    assert rows[1]["metadata"] == {"category": "IT", "content_type": "procedure"}
    assert (rows[1]["status"], rows[1]["version"]) == ("draft", "1.0.0")
    assert "links_in" not in rows[0]


def test_filters_narrow_the_list(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="With agent")
    make_sop(cast.editor, title="Other")
    draw_row(cast.editor, sop, "a", name="Inner")
    cast.editor.client.patch(at(sop), {"ai_agent_config": {"name": "x"}})
    now = timezone.now()
    with scope(cast.editor.actor):
        NodeMetadata.objects.filter(name="Other").update(updated_at=now - timedelta(days=9))

    assert listed(cast.viewer, "feature=spindle") == []
    assert len(listed(cast.viewer, "feature=knowledge-base")) == 3
    assert listed(cast.viewer, f"entity_id={sop.pk}&ordering=name") == ["Inner", "With agent"]
    assert listed(cast.viewer, "node_type=step") == ["Inner"]
    assert listed(cast.viewer, "node_id=a") == ["Inner"]
    assert listed(cast.viewer, "has_agent=true") == ["With agent"]
    assert set(listed(cast.viewer, "has_agent=false")) == {"Inner", "Other"}
    assert set(listed(cast.viewer, "is_entity=true")) == {"With agent", "Other"}
    since = quote((now - timedelta(days=1)).isoformat())
    assert set(listed(cast.viewer, f"updated_since={since}")) == {"With agent", "Inner"}
    assert listed(cast.viewer, "search=agent") == ["With agent"]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("feature=garden", ("?feature", "invalid_choice")),
        ("entity_id=5", ("?entity_id", "invalid")),
        ("has_agent=yes", ("?has_agent", "invalid")),
        ("updated_since=yesterday", ("?updated_since", "invalid")),
        ("colour=red", ("?colour", "unknown_parameter")),
        ("ordering=metadata", ("?ordering", "invalid_choice")),
        ("page=0", ("?page", "invalid")),
    ],
)
def test_wrong_filters_are_refused(cast: Cast, query: str, fault: tuple[str, str]) -> None:
    assert faults(cast.viewer.client.get(f"{NODES}?{query}")) == {fault}


def found(person: Person, query: str) -> dict[str, Any]:
    response = person.client.get(f"{NODES}search/?{query}")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def test_one_search_finds_entities_and_nodes_inside_them(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Zoo", content="# Zoo\n\nFeed the quokka & rest.")
    other = make_sop(cast.editor, title="Office", content="Paper.")
    draw_row(cast.editor, other, "a", name="Call the zoo", searchable=True)
    cast.editor.client.patch(at(other, "a/"), {"search_keywords": ["quokka"]})
    make_sop(cast.stranger, title="Foreign quokka")

    body = found(cast.viewer, "q=quokkas&mode=text")

    assert (body["count"], body["mode"], body["degraded"]) == (2, "text", False)
    assert body["facets"] == {"feature": {"knowledge-base": 2}, "node_type": {"sop": 2}}
    hits = {hit["entity_id"]: hit for hit in body["results"]}
    direct, inner = hits[str(sop.pk)], hits[str(other.pk)]
    assert (direct["feature"], direct["node_id"], direct["name"]) == ("knowledge-base", None, "Zoo")
    assert (direct["status"], direct["version"]) == ("draft", "1.0.0")
    assert "<mark>quokka</mark> &amp; rest" in direct["passage"]
    assert (inner["node_id"], inner["node_type"], inner["name"]) == ("a", "step", "Call the zoo")


def test_meaning_finds_across_features_after_embedding(cast: Cast) -> None:
    make_sop(cast.editor, title="Vacation", content="Everybody takes holidays; ask for leave.")
    make_sop(cast.editor, title="Database", content="Restart the primary server.")
    assert drain() == 2

    body = found(cast.viewer, "q=time+off+work+for+holidays&feature=knowledge-base,spindle")

    assert body["results"][0]["name"] == "Vacation"
    assert found(cast.viewer, "q=holidays&feature=spindle,event-storm")["count"] == 0


def test_pages_of_hits_follow_each_other(cast: Cast) -> None:
    for number in range(3):
        make_sop(cast.editor, title=f"Quokka {number}")

    first = found(cast.viewer, "q=quokka&mode=text&page_size=2")
    second = cast.viewer.client.get(first["next"]).json()

    assert (first["count"], first["total_pages"], len(first["results"])) == (3, 2, 2)
    assert (len(second["results"]), second["next"]) == (1, None)
    assert second["previous"] is not None


def test_archived_entities_are_found_where_they_are_asked_for(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Quokka")
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=sop.pk)

    assert found(cast.viewer, "q=quokka&mode=text")["count"] == 0
    [hit] = found(cast.viewer, "q=quokka&mode=text&include_archived=true")["results"]
    assert hit["status"] == "archived"


@pytest.mark.parametrize("query", ["", "q=", "q=++"])
def test_a_blank_query_finds_nothing(cast: Cast, query: str) -> None:
    make_sop(cast.editor)

    body = found(cast.viewer, query)

    assert (body["count"], body["results"]) == (0, [])
    assert body["facets"] == {"feature": {}, "node_type": {}}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("mode=magic", ("?mode", "invalid_choice")),
        ("feature=garden", ("?feature", "invalid_choice")),
        ("feature=,", ("?feature", "invalid_choice")),
        ("colour=red", ("?colour", "unknown_parameter")),
        ("include_archived=1", ("?include_archived", "invalid_choice")),
        ("page=0", ("?page", "min_value")),
        ("q=" + "x" * 1001, ("?q", "max_length")),
        ("q=%00", ("?q", "null_character")),
    ],
)
def test_wrong_questions_are_refused(cast: Cast, query: str, fault: tuple[str, str]) -> None:
    assert faults(cast.viewer.client.get(f"{NODES}search/?{query}")) == {fault}
