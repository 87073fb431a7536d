"""Object permissions of entities over REST."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.api.permissions import IsMember
from node_links.permissions import Act, may


class MayAct(IsMember):
    """Every member reads; what an action needs stands in the view's `acts`."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Return whether the caller may do with `obj` what the action does."""
        acts: dict[str, Act] = getattr(view, "acts", {})
        act = acts.get(getattr(view, "action", None) or "")
        if act is None:
            return True
        self.message = f"You may not {act.value} this."
        return isinstance(request.auth, Actor) and may(request.auth, obj, act)
