"""What bodies are taken, and what is said of the others."""

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from config.api.parsers import MAX_DEPTH, parse_json
from config.exceptions import ValidationFailed
from tests.config.api.conftest import send

pytestmark = pytest.mark.django_db


def _violations(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as caught:
        parse_json(body)
    return [(error.pointer, error.code) for error in caught.value.errors]


def _nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\x00"}',
        b"\xef\xbb\xbf{}",
        b'{"a": 1',
        b"{'a': 1}",
        b"nonsense",
        b" ",
        b"[" * 5000,
    ],
)
def test_what_is_not_json_is_refused_with_the_place(client: APIClient, body: bytes) -> None:
    answer = send(client, "/api/v1/echo/", body)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "validation_error"
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("", "malformed")
    assert "line 1" in error["message"]


def test_a_name_that_comes_twice_is_refused_wherever_it_stands() -> None:
    assert _violations(b'{"a": 1, "b": [{"x/y": 1, "x/y": 2}], "a": 3}') == [
        ("/a", "duplicate_key"),
        ("/b/0/x~1y", "duplicate_key"),
    ]


def test_colons_and_quotes_inside_strings_are_no_names() -> None:
    value = {'a":': 'say "x": \\', "b": ['{"c":1}', ":"], "": {"d": '\\\\"'}}

    assert parse_json(orjson.dumps(value)) == value


def test_null_characters_are_refused_in_values_and_names() -> None:
    assert _violations(b'{"a": ["x", "y\\u0000"], "b\\u0000": 1}') == [
        ("", "null_character"),
        ("/a/1", "null_character"),
    ]


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert parse_json(b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}


def test_nesting_is_taken_up_to_the_limit_and_not_beyond() -> None:
    assert parse_json(_nested(MAX_DEPTH))
    assert _violations(_nested(MAX_DEPTH + 1)) == [("", "too_deep")]


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"1", b"null", b"true"])
def test_a_body_must_be_an_object(client: APIClient, body: bytes) -> None:
    answer = send(client, "/api/v1/echo/", body)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("", "invalid")]


def test_a_view_may_take_lists(client: APIClient) -> None:
    assert client.post("/api/v1/echo-list/", [1, {"a": 2}]).json() == [1, {"a": 2}]
    assert send(client, "/api/v1/echo-list/", b"1").status_code == 400


def test_a_body_above_the_limit_is_refused_by_its_announced_length(
    client: APIClient, settings: Settings
) -> None:
    settings.MAX_BODY_BYTES = 20

    assert client.post("/api/v1/echo/", {"a": "x" * 12}).status_code == 200
    answer = client.post("/api/v1/echo/", {"a": "x" * 13})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    replayed = client.post("/api/v1/echo/", {"a": "x" * 13}, headers={"Idempotency-Key": "big"})
    assert replayed.status_code == 413


def test_another_content_type_is_refused(client: APIClient) -> None:
    answer = send(client, "/api/v1/echo/", b"a=1", "text/plain")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_no_body_at_all_counts_as_an_empty_object(client: APIClient) -> None:
    answer = send(client, "/api/v1/echo/", b"")

    assert (answer.status_code, answer.json()) == (200, {})


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@property_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=200)
    | _json.map(lambda v: orjson.dumps(str(v)))
    | st.text().map(
        lambda text: f'{{"title": "{text}", "tags": [{text}]}}'.encode("utf-8", "surrogatepass")
    )
)
def test_no_bytes_ever_give_a_500(client: APIClient, body: bytes) -> None:
    answer = send(client, "/api/v1/whole/", body)

    assert answer.status_code in (200, 400)


@property_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.dictionaries(
        st.sampled_from(
            [
                "title",
                "kind",
                "level",
                "flag",
                "ratio",
                "price",
                "ref",
                "at",
                "tags",
                "marks",
                "kinds",
                "parts",
                "extra",
                "id",
                "other",
            ]
        ),
        _json,
    )
)
def test_no_values_ever_give_a_500(client: APIClient, body: dict[str, object]) -> None:
    sent = orjson.dumps(body) if _fits(body) else repr(body).encode("utf-8", "replace")

    answer = send(client, "/api/v1/whole/", sent)

    assert answer.status_code in (200, 400)


def _fits(body: object) -> bool:
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return True
