"""What would make a statement faster, read from its plan."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

from config.slow_queries.plans import Plan, nodes
from config.slow_queries.tables import TableFacts

# Below this a sequential scan takes a few milliseconds and an index would gain nothing.
LARGE_TABLE_ROWS = 10_000
# An index does not help a filter that keeps most of the table.
SELECTIVE_SHARE = 0.5
REPEATED_STATEMENTS = 10
TENANT_COLUMN = "organization_id"

_OUTSIDE_SQL = frozenset({"Aggregate", "ModifyTable", "Limit"})
# A column bare or, under a cast, in brackets of its own: `weight`, `(t.status)::text`; but not the
# argument of a function, which an index on the column does not serve.
_BARE = r'(?<![\w".])(?:\w+\.)?"?{name}"?'
_COLUMN = rf"(?:(?<!\w)\({_BARE}\)(?:::[\w ]+(?:\[\])?)|{_BARE})"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One remedy: `kind` for programs, `message` for people, `sql` to run where there is one."""

    kind: str
    message: str
    sql: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the form that is stored."""
        return asdict(self)


def suggest(plan: Plan, facts: Callable[[str], TableFacts | None]) -> list[Suggestion]:
    """Return what the plan calls for.

    Args:
        plan: PostgreSQL's JSON plan.
        facts: looks up the size, columns and indexes of a table by name.
    """
    found = [
        *(scan_suggestion(node, facts) for node in nodes(plan)),
        *(sort_suggestion(node, facts) for node in nodes(plan)),
        limit_suggestion(plan),
    ]
    return list(dict.fromkeys(each for each in found if each is not None))


def repeated_suggestion(times: int) -> Suggestion:
    """Return the word on a statement that one request sent `times` times."""
    return Suggestion(
        "n_plus_one",
        f"One request sent this statement {times} times. Fetch the rows together: "
        "select_related, prefetch_related or one statement with = ANY(...).",
    )


def scan_suggestion(node: Plan, facts: Callable[[str], TableFacts | None]) -> Suggestion | None:
    """Return the index that a filtered sequential scan of a large table asks for."""
    condition = node.get("Filter")
    if node.get("Node Type") != "Seq Scan" or not condition:
        return None
    table = facts(node["Relation Name"])
    if table is None or table.rows < LARGE_TABLE_ROWS:
        return None
    if node.get("Plan Rows", 0) > SELECTIVE_SHARE * table.rows:
        return None
    told = f"A sequential scan reads all of {table.name} (about {table.rows:,} rows) to filter it"
    columns = filter_columns(condition, table.columns)
    if not columns:
        return Suggestion("sequential_scan", f"{told} by an expression: {condition}.")
    if table.has_index(columns):
        return None
    return Suggestion(
        "sequential_scan", f"{told} by {', '.join(columns)}.", index_sql(table.name, columns)
    )


def sort_suggestion(node: Plan, facts: Callable[[str], TableFacts | None]) -> Suggestion | None:
    """Return the index that would spare sorting the rows of a large scan."""
    if node.get("Node Type") not in {"Sort", "Incremental Sort"}:
        return None
    inner = node.get("Plans", [{}])[0]
    if inner.get("Plan Rows", 0) < LARGE_TABLE_ROWS or "Relation Name" not in inner:
        return None
    table = facts(inner["Relation Name"])
    if table is None:
        return None
    keys = [str(key) for key in node.get("Sort Key", [])]
    plain = [re.sub(r'^\w+\.|"', "", key.split(" ")[0]) for key in keys]
    told = f"About {inner['Plan Rows']:,} rows of {table.name} are sorted by {', '.join(keys)}"
    if not set(plain) <= set(table.columns):
        return Suggestion("sort_without_index", f"{told}, which no index can give in order.")
    if table.has_index(plain):
        return None
    order = [
        name + (" DESC" if " DESC" in key else "") for name, key in zip(plain, keys, strict=True)
    ]
    return Suggestion(
        "sort_without_index",
        f"{told}; an index in that order spares it.",
        index_sql(table.name, order),
    )


def limit_suggestion(plan: Plan) -> Suggestion | None:
    """Return the word on a statement that gives back thousands of rows without a LIMIT."""
    if plan.get("Node Type") in _OUTSIDE_SQL or plan.get("Plan Rows", 0) < LARGE_TABLE_ROWS:
        return None
    return Suggestion(
        "missing_limit",
        f"About {plan['Plan Rows']:,} rows come back at once: add a LIMIT and page through them.",
    )


def filter_columns(condition: str, columns: tuple[str, ...]) -> list[str]:
    """Return the columns an index on `condition` needs: the tenant, equalities, then one range."""
    equal = [name for name in columns if _compared(condition, name, r"(?:=|IS NULL)")]
    ranged = [
        name
        for name in columns
        if name not in equal and _compared(condition, name, r"(?:<=|>=|<(?!>)|>)")
    ]
    equal.sort(key=lambda name: name != TENANT_COLUMN)
    return equal + ranged[:1]


def _compared(condition: str, name: str, operators: str) -> bool:
    column = _COLUMN.format(name=re.escape(name))
    return re.search(rf"{column} {operators}", condition) is not None


def index_sql(table: str, columns: list[str]) -> str:
    """Return the statement that creates an index without locking writers out."""
    return f"CREATE INDEX CONCURRENTLY ON {table} ({', '.join(columns)});"
