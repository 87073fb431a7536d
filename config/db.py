"""Two doors to one database: `owner` migrates, `default` serves under row-level security.

And what everything that asks it shares: transactions that join, the server's clock.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import DateTimeField, Func

if TYPE_CHECKING:
    from config.postgresql.base import DatabaseWrapper

OWNER = "owner"

# What a service opens: the surrounding transaction where there is one, without a savepoint. A
# refusal ends the whole of it anyway, and a savepoint would cost two round trips.
joined_transaction = partial(transaction.atomic, savepoint=False)


def prepared_cursor(using: str = DEFAULT_DB_ALIAS) -> CursorWrapper:
    """Return a cursor for statements of the code; see `DatabaseWrapper.prepared_cursor`."""
    return cast("DatabaseWrapper", connections[using]).prepared_cursor()


class ServerClock(Func):
    """The server's clock, which goes on while a transaction is open."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class OwnerMigrates:
    """Migrations run on the alias `owner` only; everything is read and written on `default`."""

    def db_for_read(self, model: Any, **hints: Any) -> None:
        """Leave the choice to Django: the alias of the instance, else `default`."""

    def db_for_write(self, model: Any, **hints: Any) -> None:
        """Leave the choice to Django: the alias of the instance, else `default`."""

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        """Allow every relation: both aliases are the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Allow migrations of every app on `owner`, of none elsewhere."""
        return db == OWNER


def grant_app_role(using: str = OWNER, **signal: Any) -> None:
    """Give the role of `default` its rights on the owner's tables and sequences.

    Receiver of `post_migrate`, so that a table is served as soon as its migration has run. Nothing
    happens on another alias, or where one role does both (a database given as one URL).
    """
    role = connections["default"].settings_dict["USER"]
    if using != OWNER or role in ("", connections[OWNER].settings_dict["USER"]):
        return
    connection = connections[OWNER]
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"
        )
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
