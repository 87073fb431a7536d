"""The caller of a view, as the types that services take."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.models import User


class CallerMixin(APIView):
    """For views whose permissions admit authenticated callers only."""

    @property
    def actor(self) -> Actor:
        """Who acts, in which organisation and role. Raises `NotAuthenticated`."""
        if not isinstance(self.request.auth, Actor):
            raise NotAuthenticated
        return self.request.auth

    @property
    def caller(self) -> User:
        """The person behind the actor. Raises `NotAuthenticated`."""
        if not isinstance(self.request.user, User):
            raise NotAuthenticated
        return self.request.user
