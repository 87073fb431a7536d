"""Connections that the server has closed are found out without asking it; moments are in UTC."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import DataError, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from config.postgresql.base import is_lost

pytestmark = pytest.mark.django_db(transaction=True)


def _pooled() -> DatabaseWrapper:
    settings = connections["default"].settings_dict
    options = {**settings["OPTIONS"], "pool": {"min_size": 1, "max_size": 2, "timeout": 5}}
    wrapper = connections["default"].__class__(
        {**settings, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    )
    assert isinstance(wrapper, DatabaseWrapper)
    return wrapper


def _params() -> dict[str, Any]:
    params = connections["default"].get_connection_params()
    return {
        key: value
        for key, value in params.items()
        if key in ("host", "port", "user", "password", "dbname")
    }


def _end(pid: int) -> None:
    with psycopg.connect(**_params(), autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone()
    assert ended == (True,)


def _pid(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_a_connection_that_stands_is_not_lost_and_one_that_the_server_ended_is() -> None:
    with psycopg.connect(**_params()) as connection:
        standing = is_lost(connection)

        connection.commit()
        _end(connection.info.backend_pid)

        assert standing is False
        assert is_lost(connection) is True
        connection.close()
        assert is_lost(connection) is True


def test_a_connection_lost_in_the_pool_is_replaced_before_it_is_used() -> None:
    wrapper = _pooled()
    try:
        first = _pid(wrapper)
        wrapper.close()
        _end(first)

        second = _pid(wrapper)

        assert second != first
    finally:
        wrapper.close()
        wrapper.close_pool()


def test_a_kept_connection_that_was_lost_is_opened_anew_in_the_next_request() -> None:
    connection = connections["default"]
    assert isinstance(connection, DatabaseWrapper)
    first = _pid(connection)
    _end(first)

    connection.close_if_unusable_or_obsolete()  # what the beginning of a request does
    connection.close_if_health_check_failed()

    assert _pid(connection) != first


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-02 03:04:05.678901+00", datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)),
        ("2026-01-02 03:04:05.6+00", datetime(2026, 1, 2, 3, 4, 5, 600000, UTC)),
        ("2026-01-02 03:04:05+02", datetime(2026, 1, 2, 1, 4, 5, 0, UTC)),
        ("0033-01-02 03:04:05+00", datetime(33, 1, 2, 3, 4, 5, 0, UTC)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_a_moment_is_read_in_utc_whatever_the_server_speaks(
    written: str, moment: datetime, zone: str
) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        try:
            cursor.execute("SELECT %s::timestamptz, array[%s::timestamptz]", [written, written])
            [(one, many)] = cursor.fetchall()
        finally:
            cursor.execute("RESET TimeZone")

    assert (one, many) == (moment, [moment])
    assert one.tzinfo is UTC


@pytest.mark.parametrize("written", ["infinity", "10000-01-01 00:00:00+00", "0001-01-01 BC"])
def test_a_moment_that_python_cannot_hold_is_refused(written: str) -> None:
    with connections["default"].cursor() as cursor, pytest.raises(DataError):
        cursor.execute("SELECT %s::timestamptz", [written])
        cursor.fetchone()
