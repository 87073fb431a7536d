"""Object permissions of entities over REST."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.api.permissions import IsMember
from node_links.permissions import CREATING, Act, may, may_create


class MayAct(IsMember):
    """Every member reads; what an action needs stands in the view's `acts`.

    Actions named in the view's `creating` need the right to create entities.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on."""
        if not super().has_permission(request, view):
            return False
        if getattr(view, "action", None) in getattr(view, "creating", ()):
            self.message = CREATING
            return isinstance(request.auth, Actor) and may_create(request.auth)
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Return whether the caller may do with `obj` what the action does."""
        acts: dict[str, Act] = getattr(view, "acts", {})
        act = acts.get(getattr(view, "action", None) or "")
        if act is None:
            return True
        self.message = f"You may not {act.value} this."
        return isinstance(request.auth, Actor) and may(request.auth, obj, act)
