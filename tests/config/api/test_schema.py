"""OpenAPI tells the conventions, for the probe and for the whole."""

import json
from functools import cache
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django.fixtures import Settings


@cache
def _schema(urlconf: str) -> Any:
    out = StringIO()
    call_command("spectacular", validate=True, urlconf=urlconf, stdout=out)
    return yaml.safe_load(out.getvalue())


@pytest.fixture
def paths() -> dict[str, Any]:
    """The probe's operations."""
    found: dict[str, Any] = _schema("tests.config.api.probe")["paths"]
    return found


def _told(operation: dict[str, Any], status: str) -> dict[str, Any]:
    """Return a refusal, which all operations tell in one place."""
    reference = operation["responses"][status]["$ref"]
    assert reference == f"#/components/responses/Refusal{status}"
    told: dict[str, Any] = _schema("tests.config.api.probe")["components"]["responses"]
    return told[f"Refusal{status}"]  # type: ignore[no-any-return]


def _names(operation: dict[str, Any], place: str) -> set[str]:
    return {p["name"] for p in operation["parameters"] if p["in"] == place}


def test_a_write_on_an_entity_takes_conditions_and_tells_its_refusals(
    paths: dict[str, Any],
) -> None:
    operation = paths["/api/v1/rows/{id}/"]["patch"]

    assert _names(operation, "header") == {"If-Match", "X-Organization", "X-Request-ID"}
    assert set(operation["responses"]) == {
        "200", "400", "401", "403", "404", "409", "412", "413", "415", "429", "503",
    }  # fmt: skip
    assert "ETag" in operation["responses"]["200"]["headers"]
    refusal = _told(operation, "412")["content"]["application/problem+json"]
    assert refusal["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert refusal["examples"]["refusal"]["value"]["current_revision"] == 8
    assert "Retry-After" in _told(operation, "429")["headers"]


def test_a_read_takes_if_none_match_and_no_filters(paths: dict[str, Any]) -> None:
    operation = paths["/api/v1/rows/{id}/"]["get"]

    assert "If-None-Match" in _names(operation, "header")
    assert _names(operation, "query") == set()


def test_a_post_takes_an_idempotency_key(paths: dict[str, Any]) -> None:
    operation = paths["/api/v1/rows/"]["post"]

    assert "Idempotency-Key" in _names(operation, "header")
    assert "422" in operation["responses"]
    assert "Idempotency-Replayed" in operation["responses"]["201"]["headers"]


def test_lists_tell_their_parameters_and_envelope(paths: dict[str, Any]) -> None:
    pages = paths["/api/v1/rows/"]["get"]
    cursor = paths["/api/v1/cursor-rows/"]["get"]

    assert _names(pages, "query") == {
        "count", "count__gte", "fingerprint", "slow", "ordering", "search", "page", "page_size",
    }  # fmt: skip
    assert {"cursor", "page_size"} <= _names(cursor, "query")
    components = _schema("tests.config.api.probe")["components"]["schemas"]
    assert set(components["PaginatedRowList"]["properties"]) >= {"next", "previous", "results"}


def test_the_whole_api_is_described_with_its_ways_to_sign_in() -> None:
    """That nothing of it is doubtful is seen by `make check`."""
    # As JSON: to read so long a description as YAML takes longer than to make it.
    description = SchemaGenerator(urlconf="config.urls").get_schema(request=None, public=True)
    schema = json.loads(json.dumps(description, default=str))
    assert schema["openapi"] == "3.1.1"
    assert set(schema["components"]["securitySchemes"]) == {"access_key", "bearer", "session"}


@pytest.mark.django_db
def test_the_description_and_its_reader_are_public(settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.urls"
    client = Client()

    assert client.get("/api/schema/").status_code == 200
    assert b"swagger" in client.get("/api/docs/").content
    assert client.get("/api/v1/auth/me/").status_code == 401
    assert client.get("/api/v1/").json()["code"] == "not_found"


def test_both_gateways_load() -> None:
    from config import asgi, wsgi

    assert callable(wsgi.application)
    assert callable(asgi.application)
