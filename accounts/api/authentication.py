"""Three ways to sign in (token, browser session, access key), one way to enter a tenant."""

import time
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken
from structlog.contextvars import bind_contextvars

from accounts.actors import Actor
from accounts.api.asking import AsksAhead
from accounts.choices import OPERATOR
from accounts.models import AccessKey, Organization, User
from accounts.services import KEY_MARK, hash_access_key
from accounts.tenancy import enter_access_key, enter_member
from config.exceptions import NotFound
from config.replica import read_from_replica

INVALID_TOKEN = "The token is invalid or has expired."  # noqa: S105 - a sentence
KNOWN_TOKENS = 4096
# Noting every use of a key would make each read a write.
LAST_USED_EVERY = timedelta(minutes=1)
TENANT_HEADER = "X-Organization"
# In the order of the model, as `from_db` takes them.
_USER_FIELDS = ("id", "email", "name", "is_active", "is_staff")
Authenticated = tuple[User, Actor]


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>`."""

    def authenticate(self, request: Request) -> Authenticated | None:
        """Return the user and the actor, or None where no bearer token was sent."""
        token = _bearer(request)
        if token is None or token.startswith(KEY_MARK):
            return None
        try:
            user_id, expires = _read_token(token)
        except (TokenError, KeyError, ValueError) as error:
            raise AuthenticationFailed(INVALID_TOKEN) from error
        if expires <= time.time():
            raise AuthenticationFailed(INVALID_TOKEN)
        return _enter_as_member(request, user_id)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750)."""
        return 'Bearer realm="nodeloom"'


class BrowserAuthentication(SessionAuthentication):
    """The browser's session; writes need the CSRF token."""

    def authenticate(self, request: Request) -> Authenticated | None:
        """Return the user and the actor, or None without a session."""
        found = super().authenticate(request)
        return None if found is None else _enter_as_member(request, found[0].pk)

    def authenticate_header(self, request: Request) -> str:
        """Return the same challenge as for tokens, so that the answer is 401 and not 403."""
        return 'Bearer realm="nodeloom"'


class AccessKeyAuthentication(TokenAuthentication):
    """`Authorization: Bearer nl_…`: a machine acts as the key's owner, narrowed by its scopes."""

    def authenticate(self, request: Request) -> Authenticated | None:
        """Return the owner and the narrowed actor, or None where no access key was sent."""
        secret = _bearer(request)
        if secret is None or not secret.startswith(KEY_MARK):
            return None
        key_hash = hash_access_key(secret)
        enter_access_key(key_hash)
        key = AccessKey.objects.usable().filter(key_hash=key_hash).first()
        found = key and _member(request, key.user_id, organization_id=key.organization_id)
        if not key or not found:
            raise AuthenticationFailed("The access key is unknown, expired or revoked.")
        slug = request.headers.get(TENANT_HEADER)
        if (
            slug is not None
            and not Organization.objects.filter(pk=key.organization_id, slug=slug).exists()
        ):
            raise NotFound("The access key belongs to another organisation than X-Organization.")
        user, actor = found
        _note_use(key)
        return user, replace(
            actor,
            scopes=frozenset(key.scopes),
            access_key_id=key.pk,
            rate_limit=key.rate_limit,
        )


@lru_cache(maxsize=KNOWN_TOKENS)
def _read_token(token: str) -> tuple[UUID, float]:
    """Return whose access token this is and when it ends (seconds since 1970).

    A token is verified once: its signature stays what it is. Whether it has ended, and whether its
    user may still come in, is asked each time. Raises `TokenError`, `KeyError`, `ValueError`, and
    then nothing is remembered.
    """
    payload = AccessToken(token.encode())  # type: ignore[arg-type]
    return UUID(str(payload["user_id"])), float(payload["exp"])


def _bearer(request: Request) -> str | None:
    scheme, _, rest = get_authorization_header(request).partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return rest.strip().decode("latin-1")


def _enter_as_member(request: Request, user_id: UUID) -> Authenticated:
    slug = request.headers.get(TENANT_HEADER)
    read_from_replica(user_id, request.method)
    found = _member(request, user_id, slug=slug)
    if found is not None:
        return found
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise AuthenticationFailed("The account does not exist or is disabled.")
    if slug is not None:
        raise NotFound("You belong to no organisation with the slug sent as X-Organization.")
    role = OPERATOR if user.is_staff else ""
    return user, Actor(user_id=user_id, organization_id=None, role=role)


def _member(
    request: Request,
    user_id: UUID,
    *,
    slug: str | None = None,
    organization_id: UUID | None = None,
) -> Authenticated | None:
    view = (request.parser_context or {}).get("view")
    asking = view if isinstance(view, AsksAhead) else None
    question = asking.question() if asking else None
    row = enter_member(user_id, slug=slug, organization_id=organization_id, ask=question)
    if row is None:
        return None
    organization, role, email, name, is_staff, *answer = row
    if asking and question:
        asking.take_answer(answer)
    # What was not read stays deferred: saving this user cannot blank the password.
    user = User.from_db(DEFAULT_DB_ALIAS, _USER_FIELDS, [user_id, email, name, True, is_staff])
    bind_contextvars(organization_id=str(organization), user_id=str(user_id))
    return user, Actor(user_id=user_id, organization_id=organization, role=role)


def _note_use(key: AccessKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
        AccessKey.objects.filter(pk=key.pk).update(last_used_at=now)
