"""Row-level security for migrations: one line puts a table behind the wall.

operations = [..., tenant_policy("node_links")]
"""

from django.db import migrations

_ORGANIZATION = "(SELECT nullif(current_setting('app.organization_id', true), '')::uuid)"
_USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
_OPERATOR = "(SELECT current_setting('app.role', true) = 'operator')"
_ACCESS_KEY = "(SELECT nullif(current_setting('app.access_key_hash', true), ''))"

# Sub-selects, so that PostgreSQL evaluates each setting once per statement and not once per row.
OF_TENANT = f"organization_id = {_ORGANIZATION} OR {_OPERATOR}"
OF_TENANT_OR_OWN = f"{OF_TENANT} OR user_id = {_USER}"
OF_TENANT_AND_OWN = f"(organization_id = {_ORGANIZATION} AND user_id = {_USER}) OR {_OPERATOR}"
OF_TENANT_OR_PRESENTED_KEY = f"{OF_TENANT} OR key_hash = {_ACCESS_KEY}"
OF_TENANT_OR_SHARED = f"{OF_TENANT} OR organization_id IS NULL"
THE_TENANT = f"id = {_ORGANIZATION} OR {_OPERATOR}"
_OWN_MEMBERSHIPS = f"(SELECT organization_id FROM memberships WHERE user_id = {_USER})"  # noqa: S608 - constants only
THE_TENANT_ITSELF = f"{THE_TENANT} OR id IN {_OWN_MEMBERSHIPS}"


def tenant_policy(
    table: str, *, read: str = OF_TENANT, write: str = OF_TENANT
) -> migrations.RunSQL:
    """Return the operation that puts `table` under forced row-level security.

    `write` says which rows a statement may add, change and delete, `read` which it sees besides;
    both are SQL conditions, by default: the row belongs to the organisation of the transaction.
    """
    wall = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING ({write}) WITH CHECK ({write})",
    ]
    if read != write:
        # A policy of its own: USING of the first one would let what is only seen be deleted.
        wall.append(f"CREATE POLICY tenant_read ON {table} FOR SELECT USING ({read})")
    return migrations.RunSQL(
        sql=[*wall],
        reverse_sql=[
            f"DROP POLICY IF EXISTS tenant_read ON {table}",
            f"DROP POLICY tenant ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )
