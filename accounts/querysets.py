"""How users, memberships and access keys are read."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import BaseUserManager
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.choices import Role

if TYPE_CHECKING:
    from accounts.models import AccessKey, Membership, Organization, User


class UserManager(BaseUserManager["User"]):
    """Users are made by e-mail address; addresses are unique ignoring case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without `password` the account cannot sign in until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find the user who signs in as `username`, ignoring case."""
        return self.get(email=(username or "").lower())


class OrganizationQuerySet(QuerySet["Organization"]):
    """Tenants."""

    def visible_to(self, actor: Actor) -> Self:
        """Those the actor belongs to; an access key sees the one it was made in."""
        rows = self.filter(memberships__user=actor.user_id)
        return rows if actor.access_key_id is None else rows.filter(pk=actor.organization_id)


class MembershipQuerySet(QuerySet["Membership"]):
    """Who belongs to which organisation."""

    def visible_to(self, actor: Actor) -> Self:
        """All memberships of the actor's organisation."""
        return self.filter(organization_id=actor.organization_id).select_related("user")

    def owners(self) -> Self:
        """Only the owners."""
        return self.filter(role=Role.OWNER)


class AccessKeyQuerySet(QuerySet["AccessKey"]):
    """Keys by which machines sign in."""

    def usable(self) -> Self:
        """Keys that are neither revoked nor expired."""
        now = timezone.now()
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own keys; an administrator sees all of the organisation."""
        rows = self.filter(organization_id=actor.organization_id, revoked_at=None)
        return rows if actor.is_administrator else rows.filter(user_id=actor.user_id)
