"""Token pairs: short access, rotated refresh; a refresh token used twice ends its whole family."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from accounts.models import User
from config.exceptions import DomainError
from config.ids import uuid7

FAMILY = "family"


class InvalidToken(DomainError):
    """The refresh token is unknown, expired, used before, or its owner may no longer sign in."""

    status = 401
    code = "invalid_token"


def issue_tokens(user: User) -> dict[str, str]:
    """Return a fresh `{access, refresh}` for a sign-in."""
    refresh = RefreshToken.for_user(user)
    refresh[FAMILY] = uuid7().hex
    return _pair(refresh)


def rotate_tokens(token: str) -> dict[str, str]:
    """Exchange a refresh token for the next pair of its family.

    Raises `InvalidToken`. A token that was exchanged before has been copied by somebody: every
    token of its family is revoked then (RFC 6819, section 5.2.2.3).
    """
    try:
        old = RefreshToken(token.encode())  # type: ignore[arg-type]
    except TokenError as error:
        _revoke_family_of(token)
        raise InvalidToken("The refresh token is invalid, expired or used before.") from error
    user = User.objects.filter(pk=UUID(str(old["user_id"])), is_active=True).first()
    if user is None:
        raise InvalidToken("The account does not exist or is disabled.")
    pair = _exchange(old, user)
    if pair is None:
        _revoke_family_of(token)
        raise InvalidToken("The refresh token is invalid, expired or used before.")
    return pair


def _exchange(old: RefreshToken, user: User) -> dict[str, str] | None:
    """Use a token up and return the next pair; None if somebody else used it a moment ago.

    One transaction, so that whoever comes second waits in its own insert, then finds the pair that
    the first one received, and can revoke it.
    """
    with transaction.atomic():
        known = OutstandingToken.objects.filter(jti=old["jti"]).first()
        if known is None:
            return None
        _, first_use = BlacklistedToken.objects.get_or_create(token=known)
        if not first_use:
            return None
        fresh = RefreshToken.for_user(user)
        fresh[FAMILY] = old.get(FAMILY, uuid7().hex)
        return _pair(fresh)


def _pair(refresh: RefreshToken) -> dict[str, str]:
    OutstandingToken.objects.filter(jti=refresh["jti"]).update(token=str(refresh))
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def _revoke_family_of(token: str) -> None:
    try:
        reused = UntypedToken(token.encode(), verify=False).payload  # type: ignore[arg-type]
    except TokenError:
        return
    known = OutstandingToken.objects.filter(jti=reused.get("jti"), token=token).first()
    if known is None or known.user_id is None:
        return
    living = OutstandingToken.objects.filter(
        user_id=known.user_id, expires_at__gt=timezone.now(), blacklistedtoken=None
    )
    BlacklistedToken.objects.bulk_create(
        [BlacklistedToken(token=row) for row in living if _family(row.token) == reused.get(FAMILY)],
        ignore_conflicts=True,
    )


def _family(token: str) -> object:
    return RefreshToken(token.encode(), verify=False).payload.get(FAMILY)  # type: ignore[arg-type]
