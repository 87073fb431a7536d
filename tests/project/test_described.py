"""The comparison of answers with their description finds what is not told."""

from typing import Any

import orjson
import pytest

from tests.described import departures_of
from tests.factories import Cast
from tests.observing import answered

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me/"


@pytest.fixture
def told(cast: Cast) -> Any:
    """An answer of the API, as it was given."""
    response = cast.viewer.client.get(ME)
    answered(response)
    assert departures_of(response) == []
    return response


def changed(response: Any, **members: Any) -> Any:
    """Return the answer with other members."""
    response.content = orjson.dumps({**response.json(), **members})
    return response


def test_a_member_of_another_type_is_found(told: Any) -> None:
    [found] = departures_of(changed(told, user=5))
    assert found.startswith("/user: ")


def test_a_member_that_is_not_told_is_found(told: Any) -> None:
    [found] = departures_of(changed(told, secret="x"))
    assert "'secret' was unexpected" in found


def test_a_status_and_a_kind_of_content_that_are_not_told_are_found(told: Any) -> None:
    told["Content-Type"] = "text/csv"
    assert departures_of(told) == ["text/csv is not told"]
    told.status_code = 418
    assert departures_of(told) == ["418 is not told"]


def test_what_was_taken_and_is_not_described_is_found(cast: Cast) -> None:
    body = {"title": "Pump", "content": "Stop it."}
    response = cast.editor.client.post("/api/v1/sops/", body)
    assert departures_of(response, orjson.dumps(body)) == []
    [found] = departures_of(response, orjson.dumps({**body, "title": 5}))
    assert found.startswith("sent: /title: ")
