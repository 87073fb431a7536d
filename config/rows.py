"""Writing rows by statements that are built once for each kind of row.

Django builds the SQL of a write anew each time, and quotes each value of each row. For the few rows
of a request that takes longer than PostgreSQL takes to write them. Here the statement depends on
the model alone and the values travel as one JSON document, whatever the number of rows.

No signals are sent, and values are values: expressions have no place here.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

import orjson
from django.db import DatabaseError, connection
from django.db.models import Field, JSONField, Model

from config.db import prepared_cursor

AnyField: TypeAlias = "Field[Any, Any]"


def insert_rows(rows: Sequence[Model], *, on_conflict: str = "") -> None:
    """Insert rows of one model, as `bulk_create(rows)` does; `on_conflict` is SQL of the code.

    What does not fit raises as it would there (`IntegrityError`, `DataError`).
    """
    if not rows:
        return
    sql, fields = _insert_sql(type(rows[0]), on_conflict)
    values = [{field.column: _json_value(field, row, add=True) for field in fields} for row in rows]
    with prepared_cursor() as cursor:
        cursor.execute(sql, [orjson.dumps(values, default=str).decode()])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def write_fields(row: Model, names: Iterable[str]) -> None:
    """Write these fields of a row that is there, as `row.save(update_fields=names)` does.

    Raises `DatabaseError` where the row is not there any more.
    """
    sql, fields = _update_sql(type(row), frozenset(names))
    values = {field.column: _json_value(field, row, add=False) for field in fields}
    with prepared_cursor() as cursor:
        cursor.execute(sql, [orjson.dumps([values], default=str).decode(), row.pk])
        if cursor.rowcount == 0:
            raise DatabaseError("The row is not there any more.")


def _json_value(field: AnyField, row: Model, *, add: bool) -> Any:
    value = field.pre_save(row, add)
    # A JSON column takes the value itself; what an adapter would wrap it in is no JSON.
    return value if isinstance(field, JSONField) else field.get_prep_value(value)


@cache
def _insert_sql(model: type[Model], on_conflict: str) -> tuple[str, list[AnyField]]:
    fields = _written(model)
    columns = ", ".join(map(_column, fields))
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {_given(fields)} {on_conflict}"  # noqa: S608
    return sql, fields


@cache
def _update_sql(model: type[Model], names: frozenset[str]) -> tuple[str, list[AnyField]]:
    fields = [f for f in _written(model) if f.name in names or f.attname in names]
    if unknown := names - {name for f in fields for name in (f.name, f.attname)}:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}.")
    table = connection.ops.quote_name(model._meta.db_table)
    values = ", ".join(f"{_column(field)} = r.{_column(field)}" for field in fields)
    key = _column(model._meta.pk)
    sql = f"UPDATE {table} AS t SET {values} FROM {_given(fields)} WHERE t.{key} = %s"  # noqa: S608
    return sql, fields


def _written(model: type[Model]) -> list[AnyField]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def _given(fields: list[AnyField]) -> str:
    """Return the rows of the document as a table whose columns have the types of the fields."""
    columns = ", ".join(f"{_column(field)} {field.db_type(connection)}" for field in fields)
    return f"json_to_recordset(%s::json) AS r ({columns})"


def _column(field: AnyField) -> str:
    return connection.ops.quote_name(str(field.column))
