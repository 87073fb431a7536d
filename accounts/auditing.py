"""Which tables leave an audit trail: a line in a model's `Meta.triggers` puts the trigger on it.

    triggers = [Audited(secret=["password"], ignored=["last_login"])]

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
