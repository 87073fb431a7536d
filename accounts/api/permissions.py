"""Who may call what, before any object is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.actors import Actor
from accounts.choices import Role
from accounts.exceptions import InsufficientScope

if TYPE_CHECKING:
    # Loaded by the framework's views, which it therefore cannot import itself.
    from rest_framework.views import APIView


class IsMember(BasePermission):
    """The caller works in an organisation; an access key's scopes reach the resource.

    A view names its resource as `scope_resource`, and in `scope_execute` the actions that run
    something rather than write.
    """

    message = "You belong to no organisation."
    code = "permission_denied"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on. Raises `InsufficientScope`."""
        actor = request.auth
        if not isinstance(actor, Actor) or actor.organization_id is None:
            return False
        require_scope(actor, request, view)
        return True


class WritesNeed(IsMember):
    """A member reads; writing needs `minimum`."""

    minimum = Role.EDITOR

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on."""
        if not super().has_permission(request, view):
            return False
        if request.method in SAFE_METHODS:
            return True
        self.message = f"This needs the role {self.minimum.value} or a higher one."
        return isinstance(request.auth, Actor) and request.auth.at_least(self.minimum)


class AdministratorsWrite(WritesNeed):
    """A member reads, administrators write."""

    minimum = Role.ADMIN


class AdministratorsOnly(IsMember):
    """Administrators read and write; nobody else sees anything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on."""
        if not super().has_permission(request, view):
            return False
        self.message = f"This needs the role {Role.ADMIN.value} or a higher one."
        return isinstance(request.auth, Actor) and request.auth.is_administrator


class IsStaff(BasePermission):
    """An operator of the installation, also one who belongs to no organisation."""

    message = "This is for operators of the installation."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is staff and signed in in person."""
        actor = request.auth
        if not isinstance(actor, Actor) or actor.access_key_id is not None:
            return False
        return bool(request.user and request.user.is_staff)


def require_scope(actor: Actor, request: Request, view: APIView) -> None:
    """Raise `InsufficientScope` where the caller's access key does not reach the view."""
    resource = getattr(view, "scope_resource", None) or getattr(view, "basename", "") or ""
    act = "read" if request.method in SAFE_METHODS else "write"
    if getattr(view, "action", None) in getattr(view, "scope_execute", ()):
        act = "execute"
    if not actor.may(resource, act):
        raise InsufficientScope(f"The access key lacks the scope {resource}:{act}.")
