"""Who is acting: the one argument by which services and querysets know their caller."""

from dataclasses import dataclass
from uuid import UUID

from accounts.choices import OPERATOR, RANK, Role
from config.exceptions import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller inside one organisation, or an operator above all of them.

    `role` is a `Role`, or `OPERATOR`. `scopes` narrows an access key (None: not narrowed).
    """

    user_id: UUID | None
    organization_id: UUID | None
    role: str
    scopes: frozenset[str] | None = None
    access_key_id: UUID | None = None
    rate_limit: int | None = None

    @property
    def tenant_id(self) -> UUID:
        """The organisation the actor works in. Raises `Forbidden` where there is none."""
        if self.organization_id is None:
            raise Forbidden("This needs an organisation to work in.")
        return self.organization_id

    @property
    def is_operator(self) -> bool:
        """Whether this actor stands above all organisations."""
        return self.role == OPERATOR

    def at_least(self, role: Role) -> bool:
        """Return whether the actor's organisation role includes `role`."""
        return self.is_operator or RANK.get(self.role, -1) >= RANK[role]

    @property
    def is_administrator(self) -> bool:
        """Whether the actor is owner or admin of the organisation."""
        return self.at_least(Role.ADMIN)

    def may(self, resource: str, act: str) -> bool:
        """Return whether the scopes allow `act` (read, write, execute) on `resource`."""
        if self.scopes is None:
            return True
        return f"{resource}:{act}" in self.scopes or f"*:{act}" in self.scopes


def system_actor(organization_id: UUID | None = None) -> Actor:
    """Return the platform itself, at work for `organization_id` or for all."""
    return Actor(user_id=None, organization_id=organization_id, role=OPERATOR)
