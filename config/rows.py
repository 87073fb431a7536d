"""Reading and writing rows by statements that are built once for each kind of row.

Django builds the SQL of each query anew, and quotes each value of each row. For the few rows of a
request that takes longer than PostgreSQL takes to find or write them. Here the statement depends on
the model alone, and what is written travels as one JSON document, whatever the number of rows.

No signals are sent, and values are values: expressions have no place here.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

import orjson
from django.db import DatabaseError, connection
from django.db.models import Field, JSONField, Model

from config.db import prepared_cursor

AnyField: TypeAlias = "Field[Any, Any]"
M = TypeVar("M", bound=Model)


def read_rows(
    model: type[M], condition: str, parameters: Sequence[Any], *, without: Collection[str] = ()
) -> list[M]:
    """Return the rows that meet `condition`: SQL of the code, `FOR UPDATE` and so on included.

    Fields named in `without` are left in the database.
    """
    sql, names, converters = _select_sql(model, tuple(without))
    with prepared_cursor() as cursor:
        cursor.execute(f"{sql} WHERE {condition}", parameters)
        found = [list(values) for values in cursor.fetchall()]
    for values in found:
        for place, convert in converters:
            values[place] = convert(values[place], None, connection)
    return [model.from_db(connection.alias, names, values) for values in found]


def insert_rows(rows: Sequence[Model], *, unless: str = "false", on_conflict: str = "") -> None:
    """Insert rows of one model, as `bulk_create(rows)` does.

    `unless` and `on_conflict` are SQL of the code: a condition on the row `r` under which it is
    left out, and what follows `INSERT`. What does not fit raises as it would there
    (`IntegrityError`, `DataError`).
    """
    if not rows:
        return
    sql, fields = _insert_sql(type(rows[0]), unless, on_conflict)
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
def _select_sql(
    model: type[Model], without: tuple[str, ...]
) -> tuple[str, list[str], list[tuple[int, Callable[..., Any]]]]:
    """Return the statement, the fields that it reads, and what turns values into Python's."""
    fields = [field for field in model._meta.concrete_fields if field.attname not in without]
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"SELECT {', '.join(map(_column, fields))} FROM {table}"  # noqa: S608
    converters = [
        (place, convert)
        for place, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    return sql, [field.attname for field in fields], converters


@cache
def _insert_sql(model: type[Model], unless: str, on_conflict: str) -> tuple[str, list[AnyField]]:
    fields = _written(model)
    columns = ", ".join(map(_column, fields))
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"""INSERT INTO {table} ({columns})
        SELECT {columns} FROM {_given(fields)} WHERE NOT ({unless}) {on_conflict}"""  # noqa: S608
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
