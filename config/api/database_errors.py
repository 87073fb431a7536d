"""What PostgreSQL refuses, as problems. Names of tables, constraints and values never get out."""

import re
from functools import lru_cache

import psycopg
from django.apps import apps
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError

from config.api.problems import Problem
from config.exceptions import RETRY_AFTER_SECONDS, FieldError

UNIQUE, FOREIGN_KEY, CHECK, EXCLUSION = "23505", "23503", "23514", "23P01"
# Statement or lock timeout, deadlock, serialization failure: the server answers, but too slowly.
TOO_SLOW = ("57014", "55P03", "40P01", "40001")
UNREACHABLE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_KEY_COLUMNS = re.compile(r"\((.*?)\)=")
_IDENTIFIER = re.compile(r"\w+")
_TENANT = "organization_id"


def problem_of_database(error: BaseException) -> Problem | None:
    """Return what to tell the caller, or None where the error is a fault of our own."""
    if isinstance(error, ProtectedError | RestrictedError):
        return Problem("in_use", "Something else still refers to it.")
    if isinstance(error, IntegrityError):
        return _integrity(error)
    if isinstance(error, DataError):
        return Problem("validation_error", "A value is malformed or out of range.")
    if isinstance(error, UNREACHABLE):
        code = "performance_error" if sqlstate(error) in TOO_SLOW else "db_connection_error"
        retry = {"Retry-After": f"{RETRY_AFTER_SECONDS:.0f}"}
        return Problem(code, "Not possible right now. Try again shortly.", headers=retry)
    return None


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's five-character error code, empty where there is none."""
    cause = error.__cause__ if isinstance(error, DatabaseError | InterfaceError) else error
    return getattr(cause, "sqlstate", None) or ""


def _integrity(error: IntegrityError) -> Problem | None:
    match sqlstate(error):
        case state if state == UNIQUE:
            return Problem("duplicate", "It exists already.", errors=_duplicate_fields(error))
        case state if state == FOREIGN_KEY:
            return Problem("conflict", "Something it refers to, or that refers to it, forbids it.")
        case state if state == EXCLUSION:
            return Problem("conflict", "It overlaps with another one.")
        case state if state == CHECK:
            return Problem("validation_error", "A value is not allowed here.")
    return None


def _duplicate_fields(error: IntegrityError) -> list[FieldError]:
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return []
    key = _KEY_COLUMNS.search(diagnosis.message_detail or "")
    columns = [column.strip() for column in key[1].split(",")] if key else []
    names = _field_names(diagnosis.table_name or "")
    return [
        FieldError(f"/{names.get(column, column)}", "duplicate", "This value is taken.")
        for column in columns
        if column != _TENANT and _IDENTIFIER.fullmatch(column)
    ]


@lru_cache(maxsize=256)
def _field_names(table: str) -> dict[str, str]:
    return {
        field.column: field.name
        for model in apps.get_models()
        if model._meta.db_table == table
        for field in model._meta.concrete_fields
        if field.column
    }
