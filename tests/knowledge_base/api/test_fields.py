"""What each field of an SOP takes, at its limits and beyond."""

from typing import Any

import pytest

from knowledge_base.models import Sop
from tests.factories import Cast, make_sop
from tests.knowledge_base.observing import SOPS, address, everything, reread
from tests.observing import event_types, faults, refused

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
LEAST = {"title": "Restart", "content": "Stop it, start it."}


def test_the_least_that_is_needed_makes_a_draft_with_every_field(cast: Cast) -> None:
    response = cast.editor.client.post(SOPS, LEAST)

    assert response.status_code == 201
    assert response["ETag"] == '"1"'
    body = response.json()
    for name in ("id", "created_at", "updated_at"):
        assert body.pop(name)
    user = str(cast.editor.user.pk)
    assert body.pop("search_keywords")
    assert body == {
        "title": "Restart",
        "content": "Stop it, start it.",
        "summary": None,
        "category": None,
        "author": cast.editor.user.get_short_name(),
        "tags": [],
        "aliases": [],
        "content_type": "procedure",
        "complexity": None,
        "audience": None,
        "prerequisites": [],
        "searchable": True,
        "review_due_on": None,
        "version": "1.0.0",
        "published_version": None,
        "version_count": 1,
        "status": "draft",
        "read_time": 1,
        "node_position": {"x": 0, "y": 0},
        "node_metadata": {},
        "metadata": {},
        "permissions": {
            "owner": user,
            "editors": [],
            "viewers": [],
            "publishers": [],
            "executors": [],
            "archivers": [],
        },
        "owner": user,
        "source_path": None,
        "linked_function_models": [],
        "linked_event_storms": [],
        "linked_spindles": [],
        "revision": 1,
        "last_viewed_at": None,
        "deleted_at": None,
    }


@pytest.mark.parametrize(
    "values",
    [
        {"title": "x" * 255},
        {"title": "x"},
        {"content": "é" * (MEGABYTE // 2)},
        {"content": "  kept as written \r\n"},
        {"summary": "x" * 2000},
        {"summary": None},
        {"category": "x" * 100},
        {"author": "x" * 255},
        {"tags": [f"{number:050}" for number in range(50)]},
        {"tags": []},
        {"search_keywords": [f"{number:050}" for number in range(50)]},
        {"aliases": [f"{number:0255}" for number in range(50)]},
        {"content_type": "guideline"},
        {"content_type": "template"},
        {"content_type": "reference"},
        {"complexity": "simple"},
        {"complexity": "moderate"},
        {"complexity": "complex"},
        {"audience": "x" * 2000},
        {"searchable": False},
        {"node_position": {"x": -10_000, "y": 10_000}},
        {"node_metadata": {"colour": "red", "deep": {"a": [1, None]}}},
        {"metadata": {"k": [1, 2.5, None, True, {"x": "y"}]}},
    ],
)
def test_a_value_within_its_limits_is_stored_as_sent(cast: Cast, values: dict[str, Any]) -> None:
    created = cast.editor.client.post(SOPS, {**LEAST, **values})

    assert created.status_code == 201, created.json()
    read = cast.viewer.client.get(address(created.json()["id"])).json()
    assert {name: read[name] for name in values} == values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"title": "  A title\n"}, {"title": "A title"}),
        ({"tags": [" a ", "b", "a"]}, {"tags": ["a", "b"]}),
        ({"search_keywords": [" Mail ", "MAIL", "x"]}, {"search_keywords": ["mail", "x"]}),
        ({"aliases": ["A", " A "]}, {"aliases": ["A"]}),
        ({"summary": "", "category": "", "audience": "", "complexity": ""},
         {"summary": None, "category": None, "audience": None, "complexity": None}),
    ],
)  # fmt: skip
def test_texts_are_trimmed_and_lists_hold_each_once(
    cast: Cast, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    body = cast.editor.client.post(SOPS, {**LEAST, **values}).json()

    assert {name: body[name] for name in expected} == expected


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "/title", "blank"),
    ({"title": "   "}, "/title", "blank"),
    ({"title": None}, "/title", "null"),
    ({"title": "x" * 256}, "/title", "max_length"),
    ({"title": 5}, "/title", "invalid"),
    ({"title": ["x"]}, "/title", "invalid"),
    ({"content": ""}, "/content", "blank"),
    ({"content": " \n\t"}, "/content", "blank"),
    ({"content": None}, "/content", "null"),
    ({"content": "é" * (MEGABYTE // 2) + "x"}, "/content", "max_length"),
    ({"content": {}}, "/content", "invalid"),
    ({"summary": "x" * 2001}, "/summary", "max_length"),
    ({"category": "x" * 101}, "/category", "max_length"),
    ({"author": "x" * 256}, "/author", "max_length"),
    ({"tags": [str(number) for number in range(51)]}, "/tags", "max_length"),
    ({"tags": ["x", "y" * 51]}, "/tags/1", "max_length"),
    ({"tags": [" "]}, "/tags/0", "blank"),
    ({"tags": [5]}, "/tags/0", "invalid"),
    ({"tags": "a, b"}, "/tags", "invalid"),
    ({"tags": None}, "/tags", "null"),
    ({"search_keywords": ["x" * 51]}, "/search_keywords/0", "max_length"),
    ({"search_keywords": ["İ" * 50]}, "/search_keywords/0", "max_length"),
    ({"search_keywords": [f"{n}" for n in range(51)]}, "/search_keywords", "max_length"),
    ({"aliases": ["x" * 256]}, "/aliases/0", "max_length"),
    ({"content_type": "page"}, "/content_type", "invalid_choice"),
    ({"content_type": None}, "/content_type", "null"),
    ({"complexity": "hard"}, "/complexity", "invalid_choice"),
    ({"audience": "x" * 2001}, "/audience", "max_length"),
    ({"prerequisites": ["nonsense"]}, "/prerequisites/0", "invalid"),
    ({"prerequisites": "x"}, "/prerequisites", "invalid"),
    ({"searchable": "yes"}, "/searchable", "invalid"),
    ({"searchable": None}, "/searchable", "null"),
    ({"node_position": {"x": 1}}, "/node_position/y", "required"),
    ({"node_position": {"x": 10_001, "y": 0}}, "/node_position/x", "max_value"),
    ({"node_position": {"x": "1", "y": 0}}, "/node_position/x", "invalid"),
    ({"node_position": {"x": 0, "y": 0, "z": 0}}, "/node_position/z", "unknown_field"),
    ({"node_position": [0, 0]}, "/node_position", "invalid"),
    ({"node_metadata": []}, "/node_metadata", "invalid"),
    ({"metadata": "x"}, "/metadata", "invalid"),
    ({"permissions": {"chiefs": []}}, "/permissions/chiefs", "unknown_field"),
    ({"permissions": {"editors": "all"}}, "/permissions/editors", "invalid"),
    ({"permissions": {"editors": ["nobody"]}}, "/permissions/editors/0", "not_a_member"),
    ({"permissions": {"owner": "nobody"}}, "/permissions/owner", "not_a_member"),
    ({"permissions": []}, "/permissions", "invalid"),
    ({"colour": "red"}, "/colour", "unknown_field"),
    ({"sop_id": "x"}, "/sop_id", "unknown_field"),
]


@pytest.mark.parametrize(("values", "pointer", "code"), WRONG)
def test_a_wrong_value_is_refused_by_name_and_changes_nothing(
    cast: Cast, values: dict[str, Any], pointer: str, code: str
) -> None:
    sop = make_sop(cast.editor)
    before = everything()

    for response in (
        cast.owner.client.post(SOPS, {**LEAST, **values}),
        cast.owner.client.patch(address(sop), values),
        cast.owner.client.put(address(sop), {**LEAST, **values}),
    ):
        refused(response, 400, "validation_error")
        assert faults(response) == {(pointer, code)}
    assert everything() == before


def test_all_violations_are_told_together(cast: Cast) -> None:
    before = everything()

    response = cast.owner.client.post(
        SOPS,
        {
            "title": "x" * 256,
            "tags": ["a", "y" * 51],
            "complexity": "hard",
            "node_position": {"x": "a", "y": 99_999},
            "permissions": {"editors": ["nobody"], "rulers": []},
            "colour": "red",
            "bump": "major",
        },
    )

    assert faults(response) == {
        ("/title", "max_length"),
        ("/content", "required"),
        ("/tags/1", "max_length"),
        ("/complexity", "invalid_choice"),
        ("/node_position/x", "invalid"),
        ("/node_position/y", "max_value"),
        ("/permissions/rulers", "unknown_field"),
        ("/colour", "unknown_field"),
        ("/bump", "unknown_field"),
    }
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"title": "x", "content": "y", "node_position": {"x": NaN, "y": 0}}', "malformed"),
        (b'{"title": "x", "content": "y", "node_position": {"x": Infinity, "y": 0}}', "malformed"),
        (b'{"title": "x", "content": "y", "node_position": {"x": 1e999, "y": 0}}', "malformed"),
        (b'{"title": "x", "content": "y", "metadata": ' + b"[" * 99 + b"]" * 99 + b"}", "too_deep"),
        (b'{"title": "x\\u0000", "content": "y"}', "null_character"),
        (b'{"title": "x", "content": "a\\u0000b"}', "null_character"),
        (b'{"title": "x", "content": "y", "tags": ["\\u0000"]}', "null_character"),
        (b'{"title": "x", "content": "y", "metadata": {"\\u0000": 1}}', "null_character"),
        (b'{"title": "x", "title": "z", "content": "y"}', "duplicate_key"),
        (b'{"title": "\\ud800", "content": "y"}', "malformed"),
        (b"\xff", "malformed"),
        (b"[]", "invalid"),
        (b"{", "malformed"),
    ],
)  # fmt: skip
def test_what_json_should_not_hold_is_refused(cast: Cast, body: bytes, code: str) -> None:
    sop = make_sop(cast.editor)
    before = everything()

    for method, url in (("POST", SOPS), ("PATCH", address(sop)), ("PUT", address(sop))):
        generic: Any = cast.editor.client.generic
        response = generic(method, url, body, content_type="application/json")
        assert response.status_code == 400, response.content
        assert {fault for _, fault in faults(response)} == {code}
    assert everything() == before


def test_what_was_read_may_be_sent_back(cast: Cast) -> None:
    sop = make_sop(cast.editor, tags=["a"])
    read = cast.editor.client.get(address(sop)).json()
    before = everything()

    response = cast.editor.client.put(
        address(sop), {**read, "revision": 99, "status": "archived", "read_time": 77}
    )

    assert response.status_code == 200, response.json()
    assert response["ETag"] == '"1"'
    assert everything() == before


def test_unknown_prerequisites_are_not_found_and_the_own_one_is_refused(cast: Cast) -> None:
    sop, other = make_sop(cast.editor), make_sop(cast.editor)
    foreign, gone = make_sop(cast.stranger), make_sop(cast.editor)
    assert cast.owner.client.delete(address(gone)).status_code == 204
    before = everything()

    for unknown in (foreign.pk, gone.pk, cast.editor.user.pk):
        values = {"prerequisites": [str(other.pk), str(unknown)]}
        refused(cast.editor.client.post(SOPS, {**LEAST, **values}), 404, "not_found")
        refused(cast.editor.client.patch(address(sop), values), 404, "not_found")
    itself = cast.editor.client.patch(address(sop), {"prerequisites": [str(sop.pk)]})
    assert faults(itself) == {("/prerequisites", "self_dependency")}
    assert everything() == before

    twice = cast.editor.client.patch(address(sop), {"prerequisites": [str(other.pk)] * 2})
    assert twice.json()["prerequisites"] == [str(other.pk)]


@pytest.mark.parametrize(
    ("words", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (400, 2), (401, 3)]
)
def test_reading_takes_a_minute_for_each_200_words(cast: Cast, words: int, minutes: int) -> None:
    text = "```\n" + "word " * words + "\n```\n---\n<!-- none -->"

    assert cast.editor.client.post(SOPS, {**LEAST, "content": text}).json()["read_time"] == minutes


def test_keywords_are_extracted_until_somebody_gives_some(cast: Cast) -> None:
    client = cast.editor.client
    sop = make_sop(cast.editor, title="Mail", content="Restart the postfix daemon.")
    assert "postfix daemon" in sop.search_keywords

    changed = client.patch(address(sop), {"content": "Replace the broken printer cartridge."})
    assert "printer cartridge" in changed.json()["search_keywords"]
    assert not any("postfix" in word for word in changed.json()["search_keywords"])

    given = client.patch(address(sop), {"search_keywords": ["Ink"], "content": "Buy new toner."})
    assert given.json()["search_keywords"] == ["ink"]
    later = client.patch(address(sop), {"content": "Throw the printer away."})
    assert later.json()["search_keywords"] == ["ink"]

    emptied = client.patch(address(sop), {"search_keywords": []})
    assert emptied.json()["search_keywords"] == []
    again = client.patch(address(sop), {"content": "Throw the scanner away."})
    assert any("scanner" in word for word in again.json()["search_keywords"])


def test_a_change_that_changes_nothing_leaves_no_trace(cast: Cast) -> None:
    sop = make_sop(cast.editor, tags=["a", "b"], summary=None)
    before = everything()

    response = cast.editor.client.patch(
        address(sop), {"title": f" {sop.title} ", "tags": ["a", "b", "a"], "summary": ""}
    )

    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert everything() == before


def test_a_change_raises_the_revision_once_and_tells_old_and_new(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = cast.editor.client.patch(address(sop), {"title": "New", "tags": ["x"]})

    assert (response.json()["title"], response.json()["revision"]) == ("New", 2)
    assert reread(cast.editor, sop).updated_at > sop.updated_at
    assert event_types(cast.editor, sop) == ["SopCreated", "SopUpdated"]


def test_a_put_needs_the_required_fields_and_keeps_what_it_does_not_name(cast: Cast) -> None:
    sop = make_sop(cast.editor, tags=["a"], category="IT")

    missing = cast.editor.client.put(address(sop), {"title": "x"})
    assert faults(missing) == {("/content", "required")}

    body = cast.editor.client.put(address(sop), LEAST).json()
    assert (body["title"], body["tags"], body["category"]) == ("Restart", ["a"], "IT")


def test_the_columns_hold_what_was_sent(cast: Cast) -> None:
    created = cast.editor.client.post(SOPS, {**LEAST, "node_position": {"x": 1.5, "y": -2}}).json()

    sop = reread(cast.editor, Sop(pk=created["id"]))
    assert (sop.organization_id, sop.owner_id) == (cast.organization.pk, cast.editor.user.pk)
    assert sop.node_position == {"x": 1.5, "y": -2}
