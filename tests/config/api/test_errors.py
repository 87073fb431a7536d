"""Every refusal has one shape, shows nothing of the inside and leaves nothing behind."""

import pytest
from rest_framework.test import APIClient

from config.models import SlowQuery
from tests.config.api.probe import make_row

pytestmark = pytest.mark.django_db

MEMBERS = {"type", "title", "status", "detail", "code", "errors", "request_id"}


@pytest.mark.parametrize(
    ("name", "status", "code", "members", "retry_after"),
    [
        (
            "transition",
            409,
            "invalid_transition",
            {"current": "draft", "allowed": ["published"]},
            None,
        ),
        ("limited", 429, "at_capacity", {}, "3"),
        ("outside", 502, "external_service_error", {"service": "openai"}, None),
        ("slow", 503, "performance_error", {}, "1"),
        ("database", 503, "db_connection_error", {}, "1"),
        ("uuid", 400, "validation_error", {}, None),
        ("integrity", 500, "internal_error", {}, None),
        ("bug", 500, "internal_error", {}, None),
    ],
)
def test_each_error_is_told_by_the_table_and_rolls_back(
    client: APIClient,
    name: str,
    status: int,
    code: str,
    members: dict[str, object],
    retry_after: str | None,
) -> None:
    answer = client.get(f"/api/v1/raises/{name}/", headers={"X-Request-ID": "req-7"})

    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert set(body) == MEMBERS | set(members)
    assert {key: body[key] for key in members} == members
    assert body["type"] == f"urn:nodeloom:problem:{code}"
    assert body["request_id"] == "req-7"
    assert answer.headers.get("Retry-After") == retry_after
    assert "secret" not in answer.content.decode()
    assert SlowQuery.objects.count() == 0


def test_an_answer_of_400_and_more_rolls_back_without_any_exception(client: APIClient) -> None:
    assert client.post("/api/v1/refuses/").status_code == 422
    assert SlowQuery.objects.count() == 0


def test_an_answer_that_cannot_be_rendered_has_changed_nothing(client: APIClient) -> None:
    assert client.post("/api/v1/unrenderable/").status_code == 500
    assert SlowQuery.objects.count() == 0


def test_an_unknown_address_below_the_api_is_a_problem(client: APIClient) -> None:
    answer = client.get("/api/v1/nowhere/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.get("/nowhere/")["Content-Type"].startswith("text/html")


def test_a_caller_without_a_name_is_challenged(stranger: APIClient) -> None:
    answer = stranger.get("/api/v1/rows/")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Probe"


def test_a_row_one_may_see_but_not_touch_is_403(client: APIClient) -> None:
    row = make_row()
    client.credentials(HTTP_X_CALLER="outcast@acme")

    answer = client.delete(f"/api/v1/rows/{row.pk}/")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert SlowQuery.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("pk", ["999999", "nonsense", "%00", "1%00", "9" * 40])
def test_unknown_and_malformed_ids_are_answered_alike(client: APIClient, pk: str) -> None:
    answer = client.get(f"/api/v1/rows/{pk}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_method_that_is_not_offered_is_405_and_names_those_that_are(client: APIClient) -> None:
    answer = client.put("/api/v1/echo/", {})

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "POST, OPTIONS"


def test_a_taken_value_is_409_and_names_the_field_but_no_constraint(client: APIClient) -> None:
    make_row(fingerprint="taken")
    body = {
        "fingerprint": "taken",
        "sql": "select 2",
        "first_seen": "2026-01-01T00:00:00Z",
        "last_seen": "2026-01-01T00:00:00Z",
    }

    answer = client.post("/api/v1/rows/", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/fingerprint", "duplicate")
    ]
    assert "slow_queries" not in answer.content.decode()
    assert SlowQuery.objects.count() == 1


def test_a_number_that_no_column_holds_is_400(client: APIClient) -> None:
    row = make_row()

    answer = client.patch(f"/api/v1/rows/{row.pk}/", {"count": 2**63})

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/count", "max_value")]
