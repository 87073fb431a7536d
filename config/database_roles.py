"""What PostgreSQL says of the app's role and of row-level security on the tables."""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

TENANT_COLUMN = "organization_id"


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """The rights that make row-level security void, and the tables of `public` the role owns."""

    name: str
    superuser: bool
    bypasses_rls: bool
    owned_tables: int


@dataclass(frozen=True, slots=True)
class TenantTable:
    """A table with rows of organisations and how far row-level security guards it."""

    name: str
    enabled: bool
    forced: bool
    policies: int

    @property
    def guarded(self) -> bool:
        """Whether even the owner sees only what a policy allows."""
        return self.enabled and self.forced and self.policies > 0


_ROLE = """
    SELECT rolname::text, rolsuper, rolbypassrls,
           (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')
            AND c.relnamespace = 'public'::regnamespace)
    FROM pg_roles r WHERE rolname = current_user
"""
_TENANT_TABLES = """
    SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity,
           (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND a.attname = %s AND NOT a.attisdropped
    ORDER BY 1
"""


def role_facts(connection: BaseDatabaseWrapper) -> RoleFacts:
    """Return the facts of the role that `connection` uses."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        name, superuser, bypasses_rls, owned = cursor.fetchone()
    return RoleFacts(name, superuser, bypasses_rls, owned)


def tenant_tables(connection: BaseDatabaseWrapper) -> list[TenantTable]:
    """Return every table of `public` that has an organisation's column."""
    with connection.cursor() as cursor:
        cursor.execute(_TENANT_TABLES, [TENANT_COLUMN])
        return [TenantTable(*row) for row in cursor.fetchall()]
