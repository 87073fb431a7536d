"""Which tables leave an audit trail: a line in a model's `Meta.triggers` puts the trigger on it.

    triggers = [Audited(secret=["password"], ignored=["last_login"])]

A table that is written thousands of rows at a time has `triggers = audited_by_statement()`: the
same trail, written with one statement for each of the table's own.

The trigger hands each changed row to the SQL function `write_audit`, in the statement's own
transaction: bulk updates and plain SQL leave the same trail as a service, and what is rolled back
leaves none. PL/pgSQL looks the function up when the trigger runs, so the migration that makes the
function may come after the one that makes the trigger.
"""

from collections.abc import Iterable

import pgtrigger
from django.db import models


class Audited(pgtrigger.Trigger):
    """Writes a row of `audit_logs` for every row that is added, changed or deleted.

    Arguments name columns. `entity` holds the id of the entity whose trail the row belongs to.
    `secret` ones are kept as `[redacted]`, `hashed` ones as their SHA-256. `ignored` ones are left
    out; an UPDATE of nothing but them and `updated_at` leaves no trail.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(
        self,
        *,
        entity: str | None = None,
        secret: Iterable[str] = (),
        hashed: Iterable[str] = (),
        ignored: Iterable[str] = (),
        name: str = "audited",
    ) -> None:
        """Remember the columns; they are checked against the model's."""
        self.entity = entity
        self.secret, self.hashed, self.ignored = tuple(secret), tuple(hashed), tuple(ignored)
        super().__init__(name=name)

    def get_func(self, model: models.Model) -> str:
        """Return the trigger's body. Raises `ValueError` for a column that is not there."""
        columns = {field.column for field in model._meta.concrete_fields}
        named = {*self.secret, *self.hashed, *self.ignored, *filter(None, [self.entity])}
        if not named <= columns:
            raise ValueError(f"{model._meta.label} has no {', '.join(sorted(named - columns))}.")
        arguments = ", ".join(
            [
                "TG_TABLE_NAME::text",
                "TG_OP",
                "to_jsonb(OLD)",
                "to_jsonb(NEW)",
                f"'{model._meta.pk.column}'",
                f"'{self.entity}'" if self.entity else "NULL",
                *(_array(names) for names in (self.secret, self.hashed, self.ignored)),
            ]
        )
        return f"{self._skip(model)}PERFORM public.write_audit({arguments}); RETURN NULL;"

    def _skip(self, model: models.Model) -> str:
        """Return what spares an UPDATE of ignored columns the making of two JSON documents."""
        if not self.ignored:
            return ""
        columns = [field.column for field in model._meta.concrete_fields]
        told = [name for name in columns if name not in (*self.ignored, "updated_at")]
        old, new = (", ".join(f"{row}.{name}" for name in told) for row in ("OLD", "NEW"))
        unchanged = f"({old}) IS NOT DISTINCT FROM ({new})"
        return f"IF TG_OP = 'UPDATE' AND {unchanged} THEN RETURN NULL; END IF; "


def _array(names: tuple[str, ...]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"ARRAY[{quoted}]::text[]"


def audited_by_statement() -> list[pgtrigger.Trigger]:
    """Return the triggers that write a row of `audit_logs` for each row of a whole statement.

    They see the rows as tables (PostgreSQL's transition tables) and cost a tenth of `Audited`, for
    tables of organisations without secret or ignored columns, whose keys never change.
    """
    return [
        AuditedStatement("insert", pgtrigger.Insert, new="new_rows"),
        AuditedStatement("update", pgtrigger.Update, old="old_rows", new="new_rows"),
        AuditedStatement("delete", pgtrigger.Delete, old="old_rows"),
    ]


# A trigger with transition tables serves one operation, which says where its rows are found.
_ROWS = {
    "insert": ("new_rows n", "n", "NULL::jsonb", "to_jsonb(n)"),
    "delete": ("old_rows o", "o", "to_jsonb(o)", "NULL::jsonb"),
    "update": ("old_rows o JOIN new_rows n USING ({key})", "n", "to_jsonb(o)", "to_jsonb(n)"),
}
_WRITE = """
    INSERT INTO audit_logs (audit_id, organization_id, table_name, operation, record_id, old_data,
        new_data, changed_fields, changed_by, changed_at, event_type, event_data, execution_id,
        request_id)
    SELECT public.uuid7_at(clock_timestamp()), tenant, TG_TABLE_NAME, TG_OP, record, old_row,
        new_row, changed,
        (SELECT nullif(current_setting('app.user_id', true), '')::uuid),
        clock_timestamp(),
        (SELECT nullif(current_setting('app.event_type', true), '')),
        (SELECT nullif(current_setting('app.event_data', true), '')::jsonb),
        (SELECT nullif(current_setting('app.execution_id', true), '')::uuid),
        (SELECT nullif(current_setting('app.request_id', true), ''))
    FROM (
        SELECT {row}.organization_id AS tenant, {row}.{key}::text AS record, {old} AS old_row,
            {new} AS new_row
        FROM {source}
    ) AS told, LATERAL (
        SELECT CASE WHEN TG_OP = 'UPDATE' THEN ARRAY(
            SELECT e.key FROM jsonb_each(new_row) e
            WHERE e.value IS DISTINCT FROM old_row -> e.key ORDER BY e.key
        ) ELSE ARRAY[]::text[] END AS changed
    ) AS difference
    WHERE TG_OP <> 'UPDATE' OR NOT changed <@ ARRAY['updated_at'];
    RETURN NULL;
"""


class AuditedStatement(pgtrigger.Trigger):
    """Writes the trail of one kind of operation, see `audited_by_statement`."""

    when = pgtrigger.After
    level = pgtrigger.Statement

    def __init__(self, kind: str, operation: pgtrigger.Operation, **tables: str) -> None:
        """Serve `operation`, whose rows stand in `tables` (`old`, `new`)."""
        self.kind = kind
        super().__init__(
            name=f"audited_{kind}",
            operation=operation,
            referencing=pgtrigger.Referencing(**tables),
        )

    def get_func(self, model: models.Model) -> str:
        """Return the trigger's body."""
        key = model._meta.pk.column
        source, row, old, new = _ROWS[self.kind]
        return _WRITE.format(row=row, key=key, old=old, new=new, source=source.format(key=key))
