"""Lists: pages, cursors, filters, order; wrong parameters are refused by name."""

from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIClient

from config.api.filters import StrictFilterBackend
from tests.config.api.probe import make_row

pytestmark = pytest.mark.django_db

URL = "/api/v1/rows/"
HOST = "http://testserver"


def _errors(answer: Any) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    return sorted((error["pointer"], error["code"]) for error in answer.json()["errors"])


def _ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def test_no_rows_are_no_pages(client: APIClient) -> None:
    assert client.get(URL).json() == {
        "count": 0,
        "total_pages": 0,
        "page": 1,
        "page_size": 20,
        "next": None,
        "previous": None,
        "results": [],
    }


def test_pages_link_to_their_neighbours(client: APIClient) -> None:
    ids = [make_row().pk for _ in range(5)]

    second = client.get(URL, {"page": "2", "page_size": "2", "ordering": "sql"})

    assert _ids(second) == ids[2:4]
    assert {key: second.json()[key] for key in ("count", "total_pages", "page", "page_size")} == {
        "count": 5,
        "total_pages": 3,
        "page": 2,
        "page_size": 2,
    }
    assert second.json()["next"] == f"{HOST}{URL}?ordering=sql&page=3&page_size=2"
    assert second.json()["previous"] == f"{HOST}{URL}?ordering=sql&page_size=2"


def test_filters_are_made_only_for_who_asks_for_one(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    make: Any = StrictFilterBackend.get_filterset

    def watched(backend: StrictFilterBackend, request: Request, *args: Any) -> Any:
        asked.append(sorted(request.query_params))
        return make(backend, request, *args)

    monkeypatch.setattr(StrictFilterBackend, "get_filterset", watched)
    rows = [make_row(count=count) for count in (0, 1)]

    assert _ids(client.get(URL, {"page_size": "5"})) == [row.pk for row in rows]
    assert _ids(client.get(URL, {"page_size": "5", "slow": "true"})) == [rows[1].pk]
    assert asked == [["page_size", "slow"]]


def test_a_page_past_the_end_is_empty_and_true(client: APIClient) -> None:
    make_row()

    answer = client.get(URL, {"page": "9" * 18})

    assert (answer.status_code, answer.json()["count"], answer.json()["results"]) == (200, 1, [])
    assert answer.json()["previous"] == f"{HOST}{URL}"


def test_a_page_holds_a_hundred_at_most(client: APIClient) -> None:
    assert client.get(URL, {"page_size": "5000"}).json()["page_size"] == 100


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "+1", "１", "9" * 19])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_pages_are_counted_in_positive_integers(client: APIClient, name: str, text: str) -> None:
    assert _errors(client.get(URL, {name: text})) == [(f"?{name}", "invalid")]


def test_wrong_parameters_are_refused_together(client: APIClient) -> None:
    answer = client.get(URL, {"colour": "red", "slow": "yes", "count": "many"})

    assert _errors(answer) == [
        ("?colour", "unknown_parameter"),
        ("?count", "invalid"),
        ("?slow", "invalid"),
    ]


@pytest.mark.parametrize("text", ["True", "1", "yes", ""])
def test_booleans_are_true_or_false_only(client: APIClient, text: str) -> None:
    assert _errors(client.get(URL, {"slow": text})) == [("?slow", "invalid")]


def test_filters_combine_and_search_looks_into_the_text(client: APIClient) -> None:
    make_row(count=0, sql="alpha")
    wanted = make_row(count=5, sql="beta").pk
    make_row(count=5, sql="gamma")

    assert _ids(client.get(URL, {"slow": "true", "search": "bet"})) == [wanted]
    assert _ids(client.get(URL, {"slow": "false", "search": "bet"})) == []
    assert len(_ids(client.get(URL, {"count__gte": "5"}))) == 2


def test_a_null_character_in_a_parameter_is_refused(client: APIClient) -> None:
    assert _errors(client.get(URL, {"search": "a\x00"})) == [("?search", "null_character")]
    assert _errors(client.get(URL, {"fingerprint": "a\x00"})) == [
        ("?fingerprint", "null_character")
    ]


def test_an_entity_takes_no_filters_and_refuses_unknown_parameters(client: APIClient) -> None:
    row = make_row()

    assert client.get(f"{URL}{row.pk}/", {"count": "77"}).status_code == 200
    assert _errors(client.get(f"{URL}{row.pk}/", {"colour": "red"})) == [
        ("?colour", "unknown_parameter")
    ]


def test_rows_of_equal_rank_keep_their_order_by_the_key(client: APIClient) -> None:
    ids = [make_row(count=count).pk for count in (1, 2, 1, 2)]

    assert _ids(client.get(URL, {"ordering": "count"})) == [ids[0], ids[2], ids[1], ids[3]]
    assert _ids(client.get(URL, {"ordering": "-count"})) == [ids[3], ids[1], ids[2], ids[0]]


@pytest.mark.parametrize("text", ["plan", "-max_ms", "", "count,,sql", "--count", "?", "count;"])
def test_order_is_by_the_fields_offered_only(client: APIClient, text: str) -> None:
    assert _errors(client.get(URL, {"ordering": text})) == [("?ordering", "invalid_choice")]


def test_a_cursor_passes_every_row_once_while_others_are_added(client: APIClient) -> None:
    ids = [make_row(count=1).pk for _ in range(7)]
    seen: list[int] = []
    url: str | None = "/api/v1/cursor-rows/?page_size=3"
    while url:
        answer = client.get(url)
        assert set(answer.json()) == {"next", "previous", "results"}
        seen += _ids(answer)
        url = answer.json()["next"]
        make_row(count=0)

    assert [pk for pk in seen if pk in ids] == ids[::-1]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "cD1ub25zZW5zZQ==",
        "bz0tMQ==",
        "cj14",
        "cD0lMDA=",
        "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=",
    ],
)
def test_a_cursor_that_was_not_made_here_is_refused(client: APIClient, cursor: str) -> None:
    make_row()

    answer = client.get("/api/v1/cursor-rows/", {"cursor": cursor})

    assert answer.status_code == 400
    assert _errors(answer) == [("?cursor", "invalid")]


def test_a_filter_made_of_field_names_is_strict_too(client: APIClient) -> None:
    row = make_row(count=3)
    make_row(count=4)

    assert _ids(client.get("/api/v1/cursor-rows/", {"count": "3"})) == [row.pk]
    assert _errors(client.get("/api/v1/cursor-rows/", {"page": "1"})) == [
        ("?page", "unknown_parameter")
    ]
