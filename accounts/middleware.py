"""The operator's scope of admin pages."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from accounts.actors import Actor
from accounts.choices import OPERATOR
from accounts.models import User
from accounts.tenancy import scope


class OperatorMiddleware:
    """Keep an operator's scope open until an admin page is *rendered*.

    Templates of the admin read lazily, after the view's own transaction; a scope that ended with
    the view would show empty tables.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Open the scope for staff under the admin's address, for nobody else."""
        user = request.user
        if not (request.path.startswith(_admin_address()) and _is_operator(user)):
            return self.get_response(request)
        with scope(Actor(user_id=user.pk, organization_id=None, role=OPERATOR)):
            return self.get_response(request)


@cache
def _admin_address() -> str:
    return reverse("admin:index")


def _is_operator(user: object) -> bool:
    return isinstance(user, User) and user.is_active and user.is_staff
