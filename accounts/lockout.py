"""Brute force is locked out: five failures for (account, address) close it for half an hour."""

import math
from collections.abc import Mapping
from ipaddress import ip_address

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.exceptions import InvalidCredentials, LockedOut
from accounts.models import User
from config.request_context import client_address

SHOWN_FROM = 2


def sign_in(*, request: HttpRequest, email: str, password: str) -> User:
    """Return the user who owns these credentials.

    Raises `LockedOut` (with `retry_after`, seconds) and `InvalidCredentials` (with `attempts_left`
    once it is small enough to matter).
    """
    credentials = {"username": email.lower(), "password": password}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise LockedOut(
            _seconds_left(request, credentials), "Too many failed sign-ins. Try again later."
        )
    user = authenticate(request, **credentials)
    # Without this mark the middleware would put the page of the admin in place of our answer.
    request.__dict__["axes_locked_out"] = False
    if isinstance(user, User):
        AxesProxyHandler.user_logged_in(User, request, user)  # forgets the failures before
        return user
    left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, credentials)
    extra: dict[str, object] = {"attempts_left": max(left, 0)} if left <= SHOWN_FROM else {}
    raise InvalidCredentials("The e-mail address or the password is wrong.", extra=extra)


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Return the account that a sign-in aims at, as locks count it: ignoring case and blanks.

    Addresses are found ignoring case, so a lock that did not would allow five tries for each of
    their spellings.
    """
    given = (credentials or request.POST).get(settings.AXES_USERNAME_FORM_FIELD)
    return (given or "").strip().lower()


def address_of(request: HttpRequest) -> str | None:
    """Return the address that a sign-in comes from; None where there is none (a unix socket)."""
    try:
        return str(ip_address(client_address(request)))
    except ValueError:
        return None


def _seconds_left(request: HttpRequest, credentials: Mapping[str, str]) -> int:
    """Return how long the lock still lasts: it counts from the last failure."""
    failures = AccessAttempt.objects.filter(
        username=account_of(request, credentials), ip_address=address_of(request)
    )
    last = failures.aggregate(last=Max("attempt_time"))["last"]
    passed = (timezone.now() - last).total_seconds() if last else 0
    return max(math.ceil(cool_off_seconds() - passed), 1)


def cool_off_seconds() -> int:
    """Return how long a lock lasts, in seconds."""
    pause = get_cool_off()
    return int(pause.total_seconds()) if pause else 0


def locked_out(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    """Answer the admin's sign-in page while it is locked."""
    minutes = cool_off_seconds() // 60
    response = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(cool_off_seconds())
    return response
