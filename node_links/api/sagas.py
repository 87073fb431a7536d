"""Actions that are sagas: stored with the request, run after its commit, answered with the end."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.tenancy import enter
from config.api.views import GenericViewSet
from config.exceptions import DomainError
from node_links.models import Saga
from node_links.sagas.running import Outcome, run_saga


class SagaActions(CallerMixin, GenericViewSet):
    """For viewsets some of whose actions, `saga_actions`, may start a saga.

    Such an action checks everything in the request's transaction, stores the saga in it, and
    returns `self.accepted(saga)`. After the commit the saga is run here and now; the caller
    receives `saga_response`, or the refusal of the step that refused. Where the process dies in
    between, the sweeper goes on, and a repetition with the same Idempotency-Key answers 202.

    Requests run in one transaction each (ATOMIC_REQUESTS), which ends after the answer is made. The
    routes of these actions are taken out of that and open theirs here, for each of their methods.
    """

    saga_actions: ClassVar[tuple[str, ...]] = ()
    opens_transactions: bool = False
    _saga_id: UUID | None = None

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """Let the routes of sagas mind their own transactions."""
        if set((actions or {}).values()).isdisjoint(cls.saga_actions):
            return super().as_view(actions, **initkwargs)
        view = super().as_view(actions, opens_transactions=True, **initkwargs)
        return transaction.non_atomic_requests(view)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request; run the saga that it has stored, once that is committed."""
        if not self.opens_transactions:
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            provisional = super().dispatch(request, *args, **kwargs)
        if self._saga_id is None:
            return provisional
        outcome = run_saga(self._saga_id)
        if outcome is None:
            return provisional  # somebody else runs it: accepted is all that can be said
        return self._final(outcome)

    def accepted(self, saga: Saga) -> Response:
        """Remember the saga for after the commit; return what is answered if none follows."""
        self._saga_id = saga.pk
        return Response({"saga_id": saga.pk}, status.HTTP_202_ACCEPTED)

    def saga_response(self, saga: Saga) -> Response:
        """Return the answer to a completed saga."""
        raise NotImplementedError

    def _final(self, outcome: Outcome) -> HttpResponseBase:
        request: Request = self.request
        if outcome.error is not None and self._claim is not None:
            with transaction.atomic():
                enter(self.actor)
                self._claim.drop()
        if outcome.error is not None and not isinstance(outcome.error, DomainError):
            raise outcome.error
        with transaction.atomic():
            enter(self.actor)
            if outcome.error is None:
                response = self.saga_response(outcome.saga)
            else:
                response = self.handle_exception(outcome.error)
            self.response = self.finalize_response(request, response, *self.args, **self.kwargs)
        return self.response
