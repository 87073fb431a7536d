"""Where a plan looks bad and yet nothing is to be advised."""

from typing import Any

import pytest

from config.slow_queries.suggestions import Suggestion, suggest
from config.slow_queries.tables import TableFacts

TABLE = TableFacts("t", rows=50_000, columns=("id", "a", "b"), indexes=(("id",), ("a", "b")))
SMALL = TableFacts("t", rows=9_999, columns=("id", "a", "b"), indexes=())


def scan(condition: str, rows: int = 10) -> dict[str, Any]:
    return {"Node Type": "Seq Scan", "Relation Name": "t", "Filter": condition, "Plan Rows": rows}


def limited(plan: dict[str, Any]) -> dict[str, Any]:
    return {"Node Type": "Limit", "Plan Rows": 10, "Plans": [plan]}


def sort(key: str, rows: int) -> dict[str, Any]:
    inner = {"Node Type": "Seq Scan", "Relation Name": "t", "Plan Rows": rows}
    return {"Node Type": "Sort", "Sort Key": [key], "Plan Rows": 10, "Plans": [inner]}


@pytest.mark.parametrize(
    ("plan", "facts"),
    [
        (scan("((b = $1) AND (a = $2))"), TABLE),
        (limited(scan("(b = $1)", rows=25_001)), TABLE),
        (scan("(b = $1)"), SMALL),
        (scan("(b = $1)"), None),
        (scan(""), TABLE),
        (sort("t.a", rows=20_000), TABLE),
        (sort("t.b", rows=9_999), TABLE),
        (sort("t.b", rows=20_000), None),
    ],
    ids=[
        "the index is there",
        "most rows are wanted",
        "the table is small",
        "the table is gone",
        "nothing is filtered",
        "the order is there",
        "few rows are sorted",
        "the sorted table is gone",
    ],
)
def test_there_is_nothing_to_advise(plan: dict[str, Any], facts: TableFacts | None) -> None:
    assert suggest(plan, lambda _name: facts) == []


def test_the_same_scan_in_two_places_is_told_once() -> None:
    plan = {"Node Type": "Append", "Plan Rows": 20, "Plans": [scan("(b = $1)"), scan("(b = $1)")]}

    assert suggest(plan, lambda _name: TABLE) == [
        Suggestion(
            "sequential_scan",
            "A sequential scan reads all of t (about 50,000 rows) to filter it by b.",
            "CREATE INDEX CONCURRENTLY ON t (b);",
        )
    ]


def test_a_join_of_many_rows_without_limit_is_told() -> None:
    (found,) = suggest({"Node Type": "Hash Join", "Plan Rows": 10_000}, lambda _name: None)

    assert found.kind == "missing_limit"
