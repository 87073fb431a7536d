"""Who may change a link over REST."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.api.permissions import IsMember
from node_links.services.links.permitting import REFUSED, editable_entities


class EditsSource(IsMember):
    """Every member reads; whoever may edit the entity that a link leads from changes it."""

    message = REFUSED

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Return whether the caller may go on with this link."""
        if request.method in SAFE_METHODS:
            return True
        self.message = REFUSED
        source = (obj.source_feature, obj.source_entity_id)
        return isinstance(request.auth, Actor) and source in editable_entities(
            request.auth, [source]
        )
