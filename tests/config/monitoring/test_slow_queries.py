"""Slow and repeated statements: recorded with their plan, and what would help."""

import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.test import Client
from pytest_django import Settings

from config.metrics.queries import SLOW_QUERIES_DROPPED
from config.models import SlowQuery
from config.request_context import request_context
from config.slow_queries import (
    Suggestion,
    get_slow_queries,
    optimize_query,
    query_watch,
    record_query,
    stored_suggestions,
)
from config.slow_queries import recorder as recorder_module
from config.slow_queries.plans import explain
from config.slow_queries.recorder import Observation, Recorder, recorder
from config.slow_queries.storage import store
from config.slow_queries.suggestions import filter_columns

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
ROWS = 20_000


@pytest.fixture(autouse=True)
def _watching(settings: Settings) -> Iterator[None]:
    """Record from 250 ms on, which nothing here takes unless it sleeps; keep nothing of before."""
    settings.SLOW_QUERY_SECONDS = 0.25
    recorder._planned.clear()
    yield
    recorder.drain()


@pytest.fixture
def parcels() -> Iterator[None]:
    """A large table with an index on its key only."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE parcels (id int PRIMARY KEY, organization_id int, status text,"
            " weight int, note text)"
        )
        cursor.execute("GRANT SELECT ON parcels TO PUBLIC")
        cursor.execute(
            "INSERT INTO parcels SELECT n, n %% 50, 'status ' || n %% 20, n, 'n' || n"
            " FROM generate_series(1, %s) n",
            [ROWS],
        )
        cursor.execute("ANALYZE parcels")
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE parcels")


def send(sql: str, params: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def recorded() -> list[SlowQuery]:
    recorder.drain()
    return get_slow_queries(0.25)


def test_a_slow_statement_is_recorded_with_its_plan_and_without_its_values() -> None:
    with request_context("r-1"):
        send("SELECT pg_sleep(0.3), %s::text, 'inline' AS a", ["secret"])

    (row,) = recorded()
    assert row.sql == "SELECT pg_sleep(?), ?::text, ? AS a"
    assert (row.count, row.repeated) == (1, 0)
    assert 300 <= row.max_ms == row.total_ms == row.last_ms == row.mean_ms < 10_000
    assert row.parameter_types == ["str"]
    assert row.request_ids == ["r-1"]
    assert row.plan is not None
    assert row.plan["Node Type"] == "Result"
    assert row.first_seen == row.last_seen
    held = str(SlowQuery.objects.values().get())
    assert "secret" not in held
    assert "inline" not in held
    assert str(row) == row.sql


def test_the_same_statement_again_adds_to_its_row() -> None:
    for number in range(7):
        with request_context(f"r-{number}"):
            record_query("SELECT %s", 0.1 * (number + 1), [number])

    (row,) = recorded()
    assert row.count == 7
    assert row.max_ms == row.last_ms == pytest.approx(700)
    assert row.total_ms == pytest.approx(2800)
    assert row.mean_ms == pytest.approx(400)
    assert row.request_ids == ["r-6", "r-5", "r-4", "r-3", "r-2"]
    assert row.first_seen < row.last_seen


def test_a_fast_statement_is_not_recorded() -> None:
    send("SELECT 1")

    assert recorded() == []


def test_zero_switches_the_record_off(settings: Settings) -> None:
    settings.SLOW_QUERY_SECONDS = 0

    send("SELECT pg_sleep(0.3)")
    with query_watch() as tally:
        for _ in range(11):
            send("SELECT 1")

    assert (tally.count, tally.shapes) == (11, {"SELECT 1": 11})

    assert recorded() == []


def test_the_statement_and_its_transaction_go_on_undisturbed() -> None:
    with transaction.atomic():
        send("CREATE TEMPORARY TABLE mine (id int) ON COMMIT DROP")
        send("INSERT INTO mine SELECT 1 FROM pg_sleep(0.3)")
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM mine")
            assert cursor.fetchall() == [(1,)]

    (row,) = recorded()
    assert row.sql == "INSERT INTO mine SELECT ? FROM pg_sleep(?)"
    # The recorder's own connection does not see the temporary table, so there is no plan.
    assert row.plan is None


def test_a_failed_slow_statement_still_raises() -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        send("SET LOCAL statement_timeout = 300")
        send("SELECT pg_sleep(5)")

    assert [row.sql for row in recorded()] == ["SELECT pg_sleep(?)"]


def test_the_parameters_of_many_rows_are_told_by_the_first() -> None:
    with connection.cursor() as cursor:
        cursor.executemany("SELECT pg_sleep(%s), %s", [(0.3, "a"), (0.3, "b")])

    (row,) = recorded()
    assert row.parameter_types == ["float", "str"]


@pytest.mark.urls("tests.config.monitoring.urls")
@pytest.mark.parametrize(("times", "found"), [(10, []), (11, [11])])
def test_a_statement_sent_more_than_ten_times_by_a_request_is_recorded(
    client: Client, times: int, found: list[int]
) -> None:
    client.get(f"/api/many-statements/?times={times}", headers={"X-Request-ID": "r-1"})

    rows = recorded()
    assert [row.repeated for row in rows] == found
    for row in rows:
        assert (row.count, row.mean_ms, row.request_ids) == (0, 0, ["r-1"])
        (suggestion,) = stored_suggestions(row)
        assert suggestion.kind == "n_plus_one"
        assert suggestion.message.startswith("One request sent this statement 11 times.")
        assert optimize_query("SELECT fingerprint FROM slow_queries WHERE id = %s") == [suggestion]


def test_the_index_a_sequential_scan_asks_for_is_suggested(parcels: None) -> None:
    sql = "SELECT id FROM parcels WHERE status = %s AND weight > %s AND organization_id = %s"

    assert optimize_query(sql) == [
        Suggestion(
            "sequential_scan",
            "A sequential scan reads all of parcels (about 20,000 rows) to filter it by "
            "organization_id, status, weight.",
            "CREATE INDEX CONCURRENTLY ON parcels (organization_id, status, weight);",
        )
    ]


def test_a_recorded_scan_carries_its_suggestion(parcels: None) -> None:
    record_query("SELECT id FROM parcels WHERE organization_id = %s", 0.5, [1])

    (row,) = recorded()
    (suggestion,) = stored_suggestions(row)
    assert suggestion.sql == "CREATE INDEX CONCURRENTLY ON parcels (organization_id);"
    # Planned a moment ago: the next time keeps what is known.
    record_query("SELECT id FROM parcels WHERE organization_id = %s", 0.6, [1])
    assert stored_suggestions(recorded()[0]) == [suggestion]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM parcels WHERE id = %s",
        "SELECT id FROM parcels WHERE weight > 5 LIMIT 10",
        "SELECT count(*) FROM parcels",
        "SELECT id FROM slow_queries WHERE sql = %s",
        "DELETE FROM slow_queries",
    ],
)
def test_what_is_well_planned_or_small_gets_no_advice(parcels: None, sql: str) -> None:
    assert optimize_query(sql) == []


def test_a_filter_by_an_expression_is_told_without_an_index(parcels: None) -> None:
    (found,) = optimize_query("SELECT id FROM parcels WHERE upper(note) = %s")

    assert (found.kind, found.sql) == ("sequential_scan", None)
    assert "by an expression: (upper(note) = $1)." in found.message


def test_sorting_a_large_table_suggests_the_index_in_that_order(parcels: None) -> None:
    found = {
        each.kind: each for each in optimize_query("SELECT * FROM parcels ORDER BY weight DESC")
    }

    assert found["sort_without_index"].sql == "CREATE INDEX CONCURRENTLY ON parcels (weight DESC);"
    assert found["missing_limit"].message == (
        "About 20,000 rows come back at once: add a LIMIT and page through them."
    )


def test_sorting_by_an_expression_is_told_without_an_index(parcels: None) -> None:
    found = optimize_query("SELECT * FROM parcels ORDER BY lower(note) LIMIT 5")

    assert [(each.kind, each.sql) for each in found] == [("sort_without_index", None)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DROP TABLE slow_queries",
        "VACUUM",
        "SELECT nonsense FROM nowhere",
        "",
    ],
)
def test_what_has_no_plan_gives_none_and_runs_nothing(sql: str) -> None:
    with transaction.atomic():
        assert explain(sql) is None
        assert optimize_query(sql) == []
        assert SlowQuery.objects.count() == 0


def test_a_plan_carries_no_literal(parcels: None) -> None:
    plan = explain("SELECT id FROM parcels WHERE note = 'secret' AND weight = 4711")

    assert "secret" not in str(plan)
    assert "4711" not in str(plan)


def test_columns_are_found_however_postgresql_writes_them() -> None:
    condition = (
        "((parcels.deleted_at IS NULL) AND ((status)::text = ANY ($1)) AND (weight >= $2)"
        " AND (size <> 3) AND (organization_id = $3) AND (upper((name)::text) = $4))"
    )
    columns = ("id", "name", "status", "weight", "size", "deleted_at", "organization_id")

    assert filter_columns(condition, columns) == [
        "organization_id",
        "status",
        "deleted_at",
        "weight",
    ]


def test_too_many_at_once_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 1)
    own = Recorder()
    monkeypatch.setattr(own, "_keep", lambda _observation: hold.wait(20))
    before = SLOW_QUERIES_DROPPED._value.get()

    for _ in range(5):
        own.submit(Observation("SELECT 1", seconds=1))
    hold.set()
    own.drain()

    assert SLOW_QUERIES_DROPPED._value.get() - before in (3, 4)


def test_a_record_that_cannot_be_written_is_logged_and_the_next_one_is_kept(
    lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_once(*_arguments: Any) -> None:
        monkeypatch.setattr(recorder_module, "store", store)
        raise OperationalError("gone")

    monkeypatch.setattr(recorder_module, "store", fail_once)
    record_query("SELECT 1", 1.0)
    record_query("SELECT 1 AS second", 1.0)

    assert [row.sql for row in recorded()] == ["SELECT ? AS second"]
    assert [line["event"] for line in lines] == ["slow_query_not_recorded"]


def test_statements_of_the_recorder_itself_are_not_recorded(settings: Settings) -> None:
    settings.SLOW_QUERY_SECONDS = 1e-9
    record_query("SELECT 'mine'", 1.0)
    recorder.drain()
    settings.SLOW_QUERY_SECONDS = 5

    assert [row.sql for row in SlowQuery.objects.all()] == ["SELECT ?"]


def test_the_command_prints_statements_and_indexes(parcels: None, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    record_query("SELECT id FROM parcels WHERE organization_id = %s", 0.5, [1])
    record_query("SELECT [bold] FROM t", 0.05)
    recorder.drain()
    out = StringIO()

    call_command("slow_queries", threshold=0.01, stdout=out)

    text = out.getvalue()
    assert "CREATE INDEX CONCURRENTLY ON parcels (organization_id);" in text
    assert "SELECT [bold] FROM t" in text
    assert text.index("parcels") < text.index("[bold]")


def test_the_command_keeps_to_threshold_and_limit() -> None:
    for name, seconds in (("a", 0.3), ("b", 0.2), ("c", 0.1)):
        record_query(f"SELECT {name}", seconds)
    recorder.drain()

    def shown(*options: str) -> list[str]:
        out = StringIO()
        call_command("slow_queries", *options, stdout=out)
        return [name for name in "abc" if f"SELECT {name}" in out.getvalue()]

    assert shown("--threshold", "0.15") == ["a", "b"]
    assert shown("--threshold", "0", "--limit", "1") == ["a"]
    assert shown("--threshold", "9") == []


@pytest.mark.parametrize(
    "options", [("--threshold", "-1"), ("--threshold", "nan"), ("--limit", "0"), ("--limit", "x")]
)
def test_the_command_refuses_senseless_options(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("slow_queries", *options)


def test_the_command_forgets_everything_when_told_to() -> None:
    record_query("SELECT 1", 0.5)
    recorder.drain()
    out = StringIO()

    call_command("slow_queries", "--clear", stdout=out)

    assert out.getvalue() == "Forgot 1 statements.\n"
    assert SlowQuery.objects.count() == 0
