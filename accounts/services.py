"""What is written in accounts: organisations, members, access keys."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor
from accounts.choices import Role
from accounts.exceptions import DuplicateMember, DuplicateSlug, LastOwner
from accounts.models import AccessKey, Membership, Organization, User
from accounts.tenancy import system_scope
from config.db import joined_transaction
from config.exceptions import FieldError, Forbidden, NotFound, ValidationFailed

KEY_MARK = "nl_"


def create_organization(*, name: str, slug: str, owner: User) -> Organization:
    """Create an organisation whose owner is `owner`. Raises `DuplicateSlug`."""
    with system_scope():
        organization, created = Organization.objects.get_or_create(
            slug=slug, defaults={"name": name}
        )
        if not created:
            raise DuplicateSlug(f"There is already an organisation with the slug “{slug}”.")
        Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    return organization


def add_member(
    *, actor: Actor, email: str, role: Role, password: str | None = None, name: str = ""
) -> Membership:
    """Make `email` a member of the actor's organisation, creating the user where there is none.

    The password counts for a new user only: nobody sets the password of an account that exists.
    It is checked and hashed for an existing one too, so that neither the answer nor its time tells
    which addresses have accounts. Raises `DuplicateMember`, `Forbidden` (an owner is made by an
    owner), `ValidationFailed`.
    """
    _require_right_to_grant(actor, role)
    if password is not None:
        _require_strong(password, User(email=email, name=name))
    with joined_transaction():
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            user = User.objects.create_user(email, password, name=name)
        else:
            make_password(password)
        membership, created = Membership.objects.get_or_create(
            organization_id=actor.tenant_id, user=user, defaults={"role": role}
        )
        if not created:
            raise DuplicateMember(f"{email} is already a member.")
    return membership


def change_role(*, actor: Actor, membership: Membership, role: Role) -> Membership:
    """Give a member another role. Raises `Forbidden`, `LastOwner`."""
    _require_right_to_grant(actor, role)
    with joined_transaction():
        current = _lock_with_owners(membership)
        if role != Role.OWNER:
            _keep_an_owner(actor, current)
        current.role = role
        current.save(update_fields=["role", "updated_at"])
    return current


def remove_member(*, actor: Actor, membership: Membership) -> None:
    """End a membership at once, with the access keys that acted for it. Raises as `change_role`."""
    with joined_transaction():
        _keep_an_owner(actor, _lock_with_owners(membership))
        AccessKey.objects.filter(
            organization_id=membership.organization_id, user_id=membership.user_id
        ).delete()
        membership.delete()


def create_access_key(
    *,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    expires_in_days: int | None = None,
    rate_limit: int = 60,
) -> tuple[AccessKey, str]:
    """Create a key that acts as the actor; return it and its secret, which is shown only now."""
    if actor.access_key_id is not None or actor.user_id is None:
        raise Forbidden("Access keys are made by people.")
    secret = KEY_MARK + secrets.token_urlsafe(32)
    key = AccessKey.objects.create(
        organization_id=actor.tenant_id,
        user_id=actor.user_id,
        name=name,
        prefix=secret[:8],
        key_hash=hash_access_key(secret),
        scopes=sorted(set(scopes)),
        rate_limit=rate_limit,
        expires_at=_in_days(expires_in_days),
    )
    return key, secret


def _in_days(days: int | None) -> datetime | None:
    return None if days is None else timezone.now() + timedelta(days=days)


def revoke_access_key(*, key: AccessKey) -> None:
    """Make the key useless from this moment on."""
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])


def hash_access_key(secret: str) -> str:
    """Return the SHA-256 (hex) under which a key is kept; its 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_strong(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationFailed(
            "The password is too weak.",
            errors=[FieldError("/password", "invalid", text) for text in error.messages],
        ) from error


def _require_right_to_grant(actor: Actor, role: Role) -> None:
    if role == Role.OWNER and not actor.at_least(Role.OWNER):
        raise Forbidden("Only an owner makes somebody an owner.")


def _lock_with_owners(membership: Membership) -> Membership:
    """Lock a membership and those of all owners; return it as it is now.

    The lock keeps two owners from demoting each other at the same moment; one order for everybody
    keeps them from waiting for each other.
    """
    rows = Membership.objects.filter(organization_id=membership.organization_id)
    rows = rows.filter(Q(role=Role.OWNER) | Q(pk=membership.pk)).select_related("user")
    locked = {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}
    if membership.pk not in locked:
        raise NotFound()
    return locked[membership.pk]


def _keep_an_owner(actor: Actor, membership: Membership) -> None:
    """Refuse to take an owner away unless an owner does it and another one stays."""
    if membership.role != Role.OWNER:
        return
    if not actor.at_least(Role.OWNER):
        raise Forbidden("Only an owner changes an owner's membership.")
    owners = Membership.objects.owners().filter(organization_id=membership.organization_id)
    if owners.count() == 1:
        raise LastOwner("An organisation keeps at least one owner; make somebody else owner first.")
