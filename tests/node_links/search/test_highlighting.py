"""The passages that hits show."""

import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.actors import Actor
from accounts.tenancy import scope
from node_links.search.highlighting import _escape, find_excerpts
from node_links.search.hybrid import search
from tests.node_links.search.conftest import node_of, write_sop


def passage(actor: Actor, title: str, content: str, query: str, **fields: object) -> str:
    """Write an SOP, search for it, return the passage shown."""
    write_sop(actor, title, content, **fields)
    with scope(actor):
        [hit] = search(actor=actor, query=query, mode="text").hits
    return hit.passage


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (
            "Run kubectl get <pod> && wait",
            "Run kubectl get &lt;<mark>pod</mark>&gt; &amp;&amp; wait",
        ),
        ("<script>alert('pod')</script>", "&lt;script&gt;alert('<mark>pod</mark>')&lt;/script&gt;"),
        ("pod &amp; &lt;x&gt;", "<mark>pod</mark> &amp;amp; &amp;lt;x&amp;gt;"),
        ("<mark>fake</mark> pod", "&lt;mark&gt;fake&lt;/mark&gt; <mark>pod</mark>"),
        ("\ue000fake\ue001 pod \ue002 \ue003", "fake <mark>pod</mark>  "),
    ],
)
def test_a_passage_is_escaped_but_for_the_marks(actor: Actor, content: str, shown: str) -> None:
    assert passage(actor, "Title", content, "pods").strip() == shown.strip()


@pytest.mark.django_db
def test_a_long_text_is_cut_around_the_terms(actor: Actor) -> None:
    content = f"{'before ' * 200}the needle is here {'after ' * 200}"

    shown = passage(actor, "Title", content, "needle")

    assert "<mark>needle</mark>" in shown
    assert 15 <= len(shown.split()) <= 45


@pytest.mark.django_db
def test_the_passage_with_the_words_is_shown_not_the_first(actor: Actor) -> None:
    write_sop(actor, "Needles", "Introduction of all.\n## Use\nThread the needle.\n## End\nDone.")

    with scope(actor):
        [hit] = search(actor=actor, query="needle", mode="text").hits

    assert (hit.heading, hit.passage) == ("Use", "Use\nThread the <mark>needle</mark>.")


@pytest.mark.django_db
def test_a_node_without_text_shows_its_summary_or_its_title(actor: Actor) -> None:
    assert passage(actor, "Plain gizmo", "", "gizmo") == "Plain <mark>gizmo</mark>"
    shown = passage(actor, "Another", "", "widgets", summary="About a widget.")
    assert shown == "About a <mark>widget</mark>."


@pytest.mark.django_db
def test_excerpts_come_in_the_order_asked_for(actor: Actor) -> None:
    first = node_of(actor, write_sop(actor, "One", "alpha one"))
    second = node_of(actor, write_sop(actor, "Two", "alpha two"))

    with scope(actor):
        places = [(second.pk, None), (first.pk, None), (actor.organization_id or first.pk, None)]
        found = find_excerpts(query="alpha", places=places)

    assert [one.passage for one in found] == [
        "<mark>alpha</mark> two",
        "<mark>alpha</mark> one",
        "",
    ]
    assert find_excerpts(query="alpha", places=[]) == []


@given(st.text())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_but_marks_survives_as_a_tag(text: str) -> None:
    html = _escape(text)

    assert set(re.findall(r"<[^>]*>?", html)) <= {"<mark>", "</mark>"}
