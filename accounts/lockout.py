"""Brute force is locked out: five failures for (account, address) close it for half an hour."""

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.exceptions import InvalidCredentials, LockedOut
from accounts.models import User

SHOWN_FROM = 2


def sign_in(*, request: HttpRequest, email: str, password: str) -> User:
    """Return the user who owns these credentials.

    Raises `LockedOut` (with `retry_after`, seconds) and `InvalidCredentials` (with `attempts_left`
    once it is small enough to matter).
    """
    credentials = {"username": email.lower(), "password": password}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise LockedOut(cool_off_seconds(), "Too many failed sign-ins. Try again later.")
    user = authenticate(request, **credentials)
    if isinstance(user, User):
        return user
    left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, credentials)
    extra: dict[str, object] = {"attempts_left": max(left, 0)} if left <= SHOWN_FROM else {}
    raise InvalidCredentials("The e-mail address or the password is wrong.", extra=extra)


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
