"""Errors of framework, database and Django, told by the same table."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, UnreadablePostError
from django.test import RequestFactory
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf

from config.api import errors
from config.api.concurrency import expected_revision
from config.api.errors import problem_of, problem_response_for
from config.api.serializers import PrimaryKeyRelatedField
from config.exceptions import DomainError
from config.models import SlowQuery


class _Unauthorized(DomainError):
    status = 401
    code = "invalid_credentials"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404("No Secret matches"), 404, "not_found"),
        (PermissionDenied("secret"), 403, "permission_denied"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation("secret"), 400, "bad_request"),
        (UnreadablePostError(), 400, "bad_request"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"), 400, "validation_error"),
        (drf.Throttled(wait=2.1), 429, "rate_limited"),
        (drf.ParseError("broken"), 400, "validation_error"),
        (drf.PermissionDenied(code="insufficient_scope"), 403, "insufficient_scope"),
        (drf.AuthenticationFailed({"detail": "Gone.", "code": "x"}), 401, "authentication_failed"),
        (drf.NotAcceptable(), 406, "not_acceptable"),
        (DjangoValidationError({"name": ["Too odd."]}), 400, "validation_error"),
        (ProtectedError("secret", set()), 409, "in_use"),
        (PoolTimeout("secret"), 503, "db_connection_error"),
        (psycopg.OperationalError("secret"), 503, "db_connection_error"),
        (_Unauthorized("Wrong."), 401, "invalid_credentials"),
        (ValueError("secret"), 500, "internal_error"),
        (KeyError("secret"), 500, "internal_error"),
    ],
)
def test_each_error_has_a_status_and_a_code(error: Exception, status: int, code: str) -> None:
    answer = problem_response_for(error, RequestFactory().get("/api/v1/"))

    assert answer.status_code == status
    assert f'"code":"{code}"' in answer.content.decode()
    assert "secret" not in answer.content.decode().lower()


def test_without_an_authenticator_to_ask_401_becomes_403() -> None:
    error = drf.NotAuthenticated()
    error.status_code = 403

    problem = problem_of(error)

    assert problem is not None
    assert (problem.http_status, problem.code) == (403, "permission_denied")


def test_a_401_of_the_domain_is_a_challenge() -> None:
    answer = problem_response_for(_Unauthorized(), HttpRequest())

    assert answer["WWW-Authenticate"] == 'Bearer realm="nodeloom"'


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [("does_not_exist", 404, "not_found"), ("unique", 409, "duplicate")],
)
def test_faults_against_other_data_alone_have_their_own_status(
    code: str, status: int, told: str
) -> None:
    other = drf.ErrorDetail("Not there.", code)
    alone = problem_of(drf.ValidationError({"ref": [other]}))
    mixed = problem_of(
        drf.ValidationError({"ref": [other], "name": [drf.ErrorDetail("?", "required")]})
    )

    assert alone is not None
    assert (alone.http_status, alone.code) == (status, told)
    assert mixed is not None
    assert (mixed.http_status, [e.pointer for e in mixed.errors]) == (400, ["/ref", "/name"])


_TABLES = """
CREATE TEMP TABLE a (id int PRIMARY KEY CHECK (id < 9));
CREATE TEMP TABLE b (a int REFERENCES a, r int4range, EXCLUDE USING gist (r WITH &&));
INSERT INTO b (r) VALUES ('[1,5]');
"""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "status", "code"),
    [
        ("INSERT INTO a VALUES (9)", 400, "validation_error"),
        ("INSERT INTO b (a) VALUES (7)", 409, "conflict"),
        ("INSERT INTO b (r) VALUES ('[2,3]')", 409, "conflict"),
        ("INSERT INTO a VALUES (99999999999)", 400, "validation_error"),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", 503, "performance_error"),
        ("INSERT INTO a VALUES (NULL)", 500, "internal_error"),
    ],
)
def test_what_the_database_refuses_is_told_without_its_names(
    statement: str, status: int, code: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    answer = problem_response_for(caught.value, HttpRequest())

    assert answer.status_code == status
    assert f'"code":"{code}"' in answer.content.decode()
    assert "relation" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/x/", "/page/"])
@pytest.mark.parametrize(
    ("handler", "error", "status"),
    [
        (errors.handler400, SuspiciousOperation(), 400),
        (errors.handler403, PermissionDenied(), 403),
        (errors.handler404, Http404(), 404),
    ],
)
def test_pages_keep_their_own_answers_and_the_api_has_problems(
    handler: Callable[[HttpRequest, Exception], Any], error: Exception, status: int, path: str
) -> None:
    answer = handler(RequestFactory().get(path), error)

    assert answer.status_code == status
    machine = path.startswith("/api/")
    assert (answer["Content-Type"] == "application/problem+json") is machine


@pytest.mark.parametrize(("path", "status"), [("/api/v1/x/", 404), ("/page/", 500)])
def test_the_last_net_tells_the_error_at_hand(path: str, status: int) -> None:
    try:
        raise Http404
    except Http404:
        answer = errors.handler500(RequestFactory().get(path))

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("header", "revision"),
    [
        (None, None),
        ("*", None),
        ('"7"', 7),
        ('"3", "7"', 7),
        ('W/"7"', 0),
        ('"x"', 0),
        ('W/"9", "7"', 7),
    ],
)
def test_a_service_learns_which_revision_to_expect(
    header: str | None, revision: int | None
) -> None:
    headers = {"If-Match": header} if header else {}

    assert expected_revision(RequestFactory().get("/", headers=headers)) == revision


@pytest.mark.django_db
@pytest.mark.parametrize("reference", [999999, "999999", "nonsense", 10**30, True])
def test_a_reference_to_no_row_is_answered_alike_however_it_is_written(reference: object) -> None:
    field = PrimaryKeyRelatedField(queryset=SlowQuery.objects.all())

    with pytest.raises(drf.ValidationError) as caught:
        field.run_validation(reference)

    assert caught.value.get_codes() == ["does_not_exist"]
