"""The search endpoint."""

from typing import Any

import pytest

from node_links.search.backlog import drain
from tests.factories import Cast, make_sop
from tests.knowledge_base.observing import SOPS, address
from tests.observing import faults

pytestmark = pytest.mark.django_db


def search(cast: Cast, query: str) -> dict[str, Any]:
    response = cast.viewer.client.get(f"{SOPS}search/?{query}")
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def titles(body: dict[str, Any]) -> list[str]:
    return [row["title"] for row in body["results"]]


def test_words_find_what_was_saved_in_the_same_moment(cast: Cast) -> None:
    sop = make_sop(
        cast.editor,
        title="Mail",
        content="# Mail\n\n## Steps <b>\n\nStop the quokka & <i>restart</i> it.",
    )

    body = search(cast, "q=restarting+quokkas&mode=text")

    [hit] = body["results"]
    assert (hit["id"], hit["version"], hit["published_version"]) == (str(sop.pk), "1.0.0", None)
    assert (hit["text_rank"], hit["semantic_rank"], body["degraded"]) == (1, None, False)
    assert "<mark>quokka</mark> &amp;" in hit["passage"]
    assert "<i>" not in hit["passage"] and "<b>" not in hit["passage"]
    assert hit["anchor"] in {
        row["anchor"] for row in cast.viewer.client.get(address(sop, "toc/")).json()
    }
    assert hit["score"] > 0


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_meaning_finds_after_embedding(cast: Cast, mode: str) -> None:
    make_sop(cast.editor, title="Vacation", content="Everybody takes holidays; ask for leave.")
    make_sop(cast.editor, title="Database", content="Restart the primary server.")
    assert search(cast, "q=time+off+work+for+holidays&mode=semantic")["count"] == 0
    assert drain() == 2

    body = search(cast, f"q=time+off+work+for+holidays&mode={mode}")

    assert titles(body)[0] == "Vacation"
    assert (body["mode"], body["results"][0]["semantic_rank"]) == (mode, 1)


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
@pytest.mark.parametrize("query", ["", "q=", "q=++"])
def test_a_blank_query_finds_nothing(cast: Cast, mode: str, query: str) -> None:
    make_sop(cast.editor)

    body = search(cast, f"{query}&mode={mode}")

    empty: dict[str, dict[str, int]] = {
        "category": {},
        "status": {},
        "content_type": {},
        "tags": {},
    }
    assert (body["count"], body["results"], body["facets"]) == (0, [], empty)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("mode=magic", ("?mode", "invalid_choice")),
        ("colour=red", ("?colour", "unknown_parameter")),
        ("status=lost", ("?status", "invalid_choice")),
        ("content_type=page", ("?content_type", "invalid_choice")),
        ("page=0", ("?page", "min_value")),
        ("page=x", ("?page", "invalid")),
        ("page=9999999999999999999999", ("?page", "max_value")),
        ("page_size=0", ("?page_size", "min_value")),
        ("q=" + "x" * 1001, ("?q", "max_length")),
        ("q=%00", ("?q", "null_character")),
    ],
)
def test_wrong_parameters_are_refused(cast: Cast, query: str, fault: tuple[str, str]) -> None:
    assert faults(cast.viewer.client.get(f"{SOPS}search/?q=x&{query}")) == {fault}


def test_filters_narrow_and_archived_and_unsearchable_ones_stay_out(cast: Cast) -> None:
    client = cast.editor.client
    make_sop(cast.editor, title="One", content="quokka", category="A", tags=["x", "y"])
    two = make_sop(cast.editor, title="Two", content="quokka", tags=["z"], content_type="reference")
    make_sop(cast.editor, title="Hidden", content="quokka", searchable=False)
    old = make_sop(cast.editor, title="Old", content="quokka")
    client.post(address(two, "publish/"))
    client.post(address(old, "archive/"))

    def found(query: str) -> set[str]:
        return set(titles(search(cast, f"q=quokka&mode=text&{query}")))

    assert found("") == {"One", "Two"}
    assert found("category=A") == {"One"}
    assert found("status=published") == {"Two"}
    assert found("status=archived") == {"Old"}
    assert found("tags=y,z") == {"One", "Two"}
    assert found("tags=x") == {"One"}
    assert found("content_type=reference") == {"Two"}
    assert found("category=A&status=published") == set()
    client.patch(address(two), {"searchable": False})
    assert found("") == {"One"}


@pytest.mark.parametrize("mode", ["text", "hybrid"])
def test_facets_count_all_matches_whatever_the_page(cast: Cast, mode: str) -> None:
    for number in range(5):
        make_sop(
            cast.editor, title=f"Quokka {number}", content="quokka", category="AB"[number % 2],
            tags=["t", str(number)], summary="s" * number,
        )  # fmt: skip
    drain()

    first = search(cast, f"q=quokka&mode={mode}&page_size=2")
    last = search(cast, f"q=quokka&mode={mode}&page_size=2&page=3")
    beyond = search(cast, f"q=quokka&mode={mode}&page_size=2&page=999999999")

    for body in (first, last, beyond):
        assert (body["count"], body["total_pages"]) == (5, 3)
        assert body["facets"] == {
            "category": {"A": 3, "B": 2},
            "status": {"draft": 5},
            "content_type": {"procedure": 5},
            "tags": {"t": 5, "0": 1, "1": 1, "2": 1, "3": 1, "4": 1},
        }
    assert [len(body["results"]) for body in (first, last, beyond)] == [2, 1, 0]
    assert (first["previous"], last["next"]) == (None, None)
    assert "page=2" in first["next"] and "page=2" in last["previous"]
    assert search(cast, "q=quokka&page_size=1000")["page_size"] == 100
