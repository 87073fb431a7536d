"""Entity tags: nobody overwrites what they have not seen."""

import pytest
from rest_framework.test import APIClient

from config.models import SlowQuery
from tests.config.api.probe import make_row

pytestmark = pytest.mark.django_db


def _url(row: SlowQuery, tail: str = "") -> str:
    return f"/api/v1/rows/{row.pk}/{tail}"


def test_an_entity_comes_with_its_revision_as_tag(client: APIClient) -> None:
    assert client.get(_url(make_row(repeated=7)))["ETag"] == '"7"'


@pytest.mark.parametrize("held", ['"7"', 'W/"7"', '"1", "7"', "*"])
def test_what_the_caller_holds_is_not_sent_again(client: APIClient, held: str) -> None:
    answer = client.get(_url(make_row(repeated=7)), headers={"If-None-Match": held})

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"7"')


@pytest.mark.parametrize("held", ['"6"', '"77"', "7", ""])
def test_anything_else_is_sent_whole(client: APIClient, held: str) -> None:
    answer = client.get(_url(make_row(repeated=7)), headers={"If-None-Match": held})

    assert (answer.status_code, answer.json()["repeated"]) == (200, 7)


@pytest.mark.parametrize("condition", ['"7"', '"1", "7"', "*", None])
def test_a_change_on_the_present_revision_succeeds(
    client: APIClient, condition: str | None
) -> None:
    headers = {"If-Match": condition} if condition else {}

    answer = client.patch(_url(make_row(repeated=7)), {"sql": "new"}, headers=headers)

    assert (answer.status_code, answer["ETag"]) == (200, '"8"')


@pytest.mark.parametrize("condition", ['"6"', '"8"', 'W/"7"', '"x"', '"07"', '""', '"1", "2"'])
@pytest.mark.parametrize("method", ["patch", "put", "delete", "touch"])
def test_a_stale_revision_is_412_and_changes_nothing(
    client: APIClient, method: str, condition: str
) -> None:
    row = make_row(repeated=7)
    verb, tail = ("post", "touch/") if method == "touch" else (method, "")

    # The body is wrong as well: the stale revision is told first.
    answer = getattr(client, verb)(_url(row, tail), {"sql": 5}, headers={"If-Match": condition})

    assert (answer.status_code, answer.json()["code"]) == (412, "revision_conflict")
    assert answer.json()["current_revision"] == 7
    row.refresh_from_db()
    assert (row.sql, row.repeated) == ("select 1", 7)


@pytest.mark.parametrize("condition", ["7", '"7', '"7" "8"', 'w/"7"', ",", '"a b"', ""])
def test_a_malformed_condition_is_400(client: APIClient, condition: str) -> None:
    row = make_row(repeated=7)

    answer = client.patch(_url(row), {"sql": "new"}, headers={"If-Match": condition})

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("If-Match", "invalid")]
    row.refresh_from_db()
    assert row.sql == "select 1"


def test_an_unknown_row_is_404_whatever_the_condition(client: APIClient) -> None:
    answer = client.patch("/api/v1/rows/99/", {"sql": 5}, headers={"If-Match": '"1"'})

    assert answer.status_code == 404


def test_a_deleted_row_is_gone(client: APIClient) -> None:
    row = make_row(repeated=7)

    assert client.delete(_url(row), headers={"If-Match": '"7"'}).status_code == 204
    assert not SlowQuery.objects.filter(pk=row.pk).exists()
