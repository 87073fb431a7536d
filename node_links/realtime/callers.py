"""Who opens a stream, and whether they still may."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.exceptions import InsufficientScope
from accounts.models import AccessKey
from accounts.tenancy import enter, enter_member
from config.api.throttles import CallerThrottle
from config.exceptions import Forbidden, RateLimited

TICKET = "ticket"
TICKET_SECONDS = 60
_SALT = "nodeloom.live.ticket"


@dataclass(frozen=True, slots=True)
class Caller:
    """What is remembered of a caller while a stream is open; their rights are looked up again."""

    user_id: UUID
    organization_id: UUID
    access_key_id: UUID | None = None

    @property
    def ticket(self) -> str:
        """A signed word by which this caller opens a stream within the next minute.

        Clients drop the Authorization header where they are sent on to another port, and the
        EventSource of a browser never has one.
        """
        key = None if self.access_key_id is None else str(self.access_key_id)
        value = [str(self.user_id), str(self.organization_id), key]
        return signing.dumps(value, salt=_SALT, compress=True)


def identify(request: HttpRequest, resource: str) -> Caller:
    """Return who sent `request`: by ticket, token, access key or browser session.

    Opens a transaction of its own. Raises `NotAuthenticated`, `AuthenticationFailed`, `Forbidden`
    for one who belongs to no organisation, `InsufficientScope`, `RateLimited`.
    """
    request.get_host()  # refuses a foreign name, which is how a page elsewhere would reach us
    ticket = request.GET.get(TICKET)
    with transaction.atomic():
        caller = _of_ticket(ticket) if ticket is not None else _of_credentials(request)
        reenter(caller, resource)
    return caller


def caller_of(actor: Actor) -> Caller:
    """Return what is to be remembered of `actor`. Raises `Forbidden` outside an organisation."""
    if actor.organization_id is None or actor.user_id is None:
        raise Forbidden("You belong to no organisation.")
    return Caller(actor.user_id, actor.organization_id, actor.access_key_id)


def reenter(caller: Caller, resource: str) -> Actor:
    """Make the running transaction the caller's, as their rights are now, and return the actor.

    Raises `AuthenticationFailed` for an account that was disabled, a membership that has ended or a
    key that was revoked, `InsufficientScope` for a key that may not read `resource`.
    """
    row = enter_member(caller.user_id, organization_id=caller.organization_id)
    if row is None:
        raise AuthenticationFailed("The account is disabled or no member any more.")
    actor = Actor(caller.user_id, caller.organization_id, row[1])
    enter(actor)
    if caller.access_key_id is not None:
        key = AccessKey.objects.usable().filter(pk=caller.access_key_id).first()
        if key is None:
            raise AuthenticationFailed("The access key is unknown, expired or revoked.")
        actor = replace(actor, scopes=frozenset(key.scopes), access_key_id=key.pk)
    if not actor.may(resource, "read"):
        raise InsufficientScope(f"The access key lacks the scope {resource}:read.")
    return actor


def _of_ticket(ticket: str) -> Caller:
    try:
        user, organization, key = signing.loads(ticket, salt=_SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise AuthenticationFailed("The ticket is invalid or has expired.") from error
    return Caller(UUID(user), UUID(organization), UUID(key) if key else None)


def _of_credentials(django_request: HttpRequest) -> Caller:
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(_no_view).process_request(django_request)
    view = APIView()
    request = Request(django_request, authenticators=view.get_authenticators())
    actor = request.auth
    throttle = CallerThrottle()
    if not throttle.allow_request(request, view):
        raise RateLimited(throttle.wait() or 1)
    if not isinstance(actor, Actor):
        raise NotAuthenticated
    return caller_of(actor)


def _no_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
