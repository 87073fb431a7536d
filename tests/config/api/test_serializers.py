"""Shapes: all violations at once, with pointers; no kind conversions."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from config.models import SlowQuery
from tests.config.api.probe import make_row

pytestmark = pytest.mark.django_db

ROW = {
    "fingerprint": "f",
    "sql": "select 2",
    "first_seen": "2026-01-01T00:00:00+02:00",
    "last_seen": "2026-01-01T00:00:00Z",
}


def _errors(answer: Any) -> set[tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


def test_all_violations_are_told_together_with_pointers(client: APIClient) -> None:
    body = {
        "title": "toolong",
        "kind": "c",
        "parts": [{"name": "ok"}, {"name": "", "size": 0, "odd/one": 1}, {}],
        "tags": ["a", "long one"],
        "marks": {"x": 1, "y": None},
        "nothing": 1,
    }

    assert _errors(client.post("/api/v1/whole/", body)) == {
        ("/title", "max_length"),
        ("/kind", "invalid_choice"),
        ("/parts/1/name", "blank"),
        ("/parts/1/size", "min_value"),
        ("/parts/1/odd~1one", "unknown_field"),
        ("/parts/2/name", "required"),
        ("/tags/1", "max_length"),
        ("/marks/y", "null"),
        ("/nothing", "unknown_field"),
    }


@pytest.mark.parametrize(
    ("name", "value", "pointer", "code"),
    [
        ("title", 12, "/title", "invalid"),
        ("title", True, "/title", "invalid"),
        ("title", ["ab"], "/title", "invalid"),
        ("title", None, "/title", "null"),
        ("kind", 1, "/kind", "invalid_choice"),
        ("kind", ["a"], "/kind", "invalid_choice"),
        ("level", "1", "/level", "invalid_choice"),
        ("level", True, "/level", "invalid_choice"),
        ("flag", "true", "/flag", "invalid"),
        ("flag", 1, "/flag", "invalid"),
        ("ratio", "1.5", "/ratio", "invalid"),
        ("ratio", True, "/ratio", "invalid"),
        ("price", True, "/price", "invalid"),
        ("price", "12345.00", "/price", "max_value"),
        ("ref", 5, "/ref", "invalid"),
        ("at", 5, "/at", "invalid"),
        ("tags", "abc", "/tags", "invalid"),
        ("tags", [1], "/tags/0", "invalid"),
        ("marks", [1], "/marks", "invalid"),
        ("marks", {"x": "1"}, "/marks/x", "invalid"),
        ("marks", {"x": 1.5}, "/marks/x", "invalid"),
        ("kinds", "a", "/kinds", "invalid"),
        ("parts", {"name": "a"}, "/parts", "invalid"),
        ("parts", [7], "/parts/0", "invalid"),
        ("parts", [{"name": "a", "size": True}], "/parts/0/size", "invalid"),
    ],
)
def test_another_type_than_documented_is_refused(
    client: APIClient, name: str, value: object, pointer: str, code: str
) -> None:
    answer = client.post("/api/v1/whole/", {"title": "abc", name: value})

    assert _errors(answer) == {(pointer, code)}


def test_fitting_values_pass_and_come_back_in_plain_json(client: APIClient) -> None:
    body = {
        "title": "  abcde ",
        "kind": "a",
        "level": 1,
        "flag": False,
        "ratio": 2,
        "price": "12.50",
        "ref": "01900000-0000-7000-8000-000000000000",
        "at": "2026-01-01T02:00:00+02:00",
        "tags": ["x"],
        "marks": {"x": 1},
        "kinds": ["a"],
        "parts": [{"name": "n", "size": 2}],
        "extra": {"deep": [1, None]},
        "id": 7,
    }

    answer = client.post("/api/v1/whole/", body)

    assert answer.status_code == 200
    assert b'"price":12.50' in answer.content
    assert answer.json() == {
        **{key: value for key, value in body.items() if key != "id"},
        "title": "abcde",
        "ratio": 2.0,
        "price": 12.5,
        "at": "2026-01-01T00:00:00Z",
    }


def test_text_is_trimmed_before_its_length_is_checked(client: APIClient) -> None:
    assert _errors(client.post("/api/v1/whole/", {"title": "  a  "})) == {("/title", "min_length")}
    assert _errors(client.post("/api/v1/whole/", {"title": "   "})) == {("/title", "blank")}


def test_what_was_read_may_be_sent_back(client: APIClient) -> None:
    row = make_row(parameter_types=["int4"])
    read = client.get(f"/api/v1/rows/{row.pk}/").json()

    answer = client.patch(f"/api/v1/rows/{row.pk}/", {**read, "repeated": 99})

    assert answer.status_code == 200
    assert answer.json() == {**read, "repeated": 2}


def test_an_immutable_field_keeps_its_value_and_says_so(client: APIClient) -> None:
    row = make_row(fingerprint="one")
    url = f"/api/v1/rows/{row.pk}/"

    same = client.patch(url, {"fingerprint": "one", "sql": "select 3"})
    other = client.patch(url, {"fingerprint": "two", "sql": "select 4"})

    assert (same.status_code, same.json()["sql"]) == (200, "select 3")
    assert _errors(other) == {("/fingerprint", "immutable")}
    row.refresh_from_db()
    assert (row.fingerprint, row.sql) == ("one", "select 3")


def test_a_refused_body_creates_nothing(client: APIClient) -> None:
    body = {**ROW, "parameter_types": ["text", 5], "sql": 7, "colour": "red"}

    assert _errors(client.post("/api/v1/rows/", body)) == {
        ("/parameter_types/1", "invalid"),
        ("/sql", "invalid"),
        ("/colour", "unknown_field"),
    }
    assert SlowQuery.objects.count() == 0


def test_a_new_entity_is_201_with_its_tag(client: APIClient) -> None:
    answer = client.post("/api/v1/rows/", {**ROW, "parameter_types": ["text"], "plan": {"a": 1}})

    assert (answer.status_code, answer["ETag"]) == (201, '"0"')
    assert answer.json()["first_seen"] == "2025-12-31T22:00:00Z"
    assert SlowQuery.objects.get().parameter_types == ["text"]
