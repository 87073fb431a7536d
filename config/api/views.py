"""The bases of all API views: the conventions of the API in one place.

What a view gets without a line of its own: problem documents, the rollback of a refused request,
rate limits, replay of repeated POSTs, strict query parameters, entity tags.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import mixins, status, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView as FrameworkView

from config.api.concurrency import RevisionMixin
from config.api.errors import ParameterError, roll_back
from config.api.filters import unknown_parameters
from config.api.idempotency import Claim, Replay, claim
from config.api.negotiation import Negotiation
from config.api.throttles import allowance_of
from config.exceptions import NotFound
from config.replica import reading_window, remember_write_on_commit


class Conventions(FrameworkView):
    """What every view of the API does around its own work.

    - `accepts_lists`: the body may be a JSON array too;
    - `extra_query_parameters`: names the view reads from the query string by itself;
    - `sensitive`: actions of which a refusal is put on record, each with the name of the act; of a
      view that is no viewset, methods;
    - `replays`: answers to POSTs with an Idempotency-Key are kept. Off where an answer shows a
      secret that is stored nowhere else.
    """

    content_negotiation_class = Negotiation
    accepts_lists: ClassVar[bool] = False
    extra_query_parameters: ClassVar[tuple[str, ...]] = ()
    replays: ClassVar[bool] = True
    sensitive: ClassVar[Mapping[str, str]] = {}
    _claim: Claim | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request; one that only reads may be sent to the replica on the way."""
        with reading_window():
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller before the handler runs.

        Limits come before permissions, unlike in the framework, so that a refused caller is
        counted as well.
        """
        self.format_kwarg = None
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = None, None
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        if request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META and self.replays:
            self._claim = claim(request)

    def sensitive_act(self) -> str | None:
        """Return the name of what was asked for, where a refusal of it is put on record."""
        asked = getattr(self, "action", None) or (self.request.method or "").lower()
        return self.sensitive.get(asked)

    def handle_exception(self, exc: Exception) -> Response:
        """Return the answer to an error; a replayed answer comes this way too, as it was."""
        if isinstance(exc, Replay):
            return exc.response  # type: ignore[return-value]  # any HttpResponse passes through
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Finish the answer while the transaction is still open.

        Rendering here and not after the commit means that an answer that cannot be rendered has
        changed nothing.
        """
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response):
            final.render()
        if final.status_code >= status.HTTP_400_BAD_REQUEST:
            roll_back(self)
        else:
            if self._claim is not None:
                self._claim.keep(final)
            if request.method not in SAFE_METHODS:
                remember_write_on_commit(request.user.pk)
        allowance = allowance_of(request)
        if allowance is not None:
            for name, value in allowance.headers().items():
                final[name] = value
        return final


class APIView(Conventions):
    """Base of views that are no viewset."""


class GenericViewSet(Conventions, viewsets.GenericViewSet[Any]):
    """Base of viewsets. Filters shape lists only; the address alone names an entity."""

    locks_on_write: ClassVar[bool] = False

    def get_object(self) -> Any:
        """Return the entity of the address, after the check of permissions on it.

        Unknown and malformed identifiers are answered alike. With `locks_on_write` the row is
        locked in a writing request, so that what is checked still holds when it is saved.
        """
        if self.request.query_params:
            unknown = unknown_parameters(self.request, self, self.get_queryset())
            if unknown:
                raise ParameterError(unknown)
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        if "\x00" in str(value):
            raise NotFound()
        locks = self.locks_on_write and self.request.method not in SAFE_METHODS
        try:
            entity = self.find(value, lock=locks)
        except (ObjectDoesNotExist, DjangoValidationError, TypeError, ValueError) as error:
            raise NotFound() from error
        self.check_object_permissions(self.request, entity)
        return entity

    def find(self, value: Any, *, lock: bool) -> Any:
        """Read the entity whose `lookup_field` has this value; raises as `QuerySet.get`."""
        rows = self.get_queryset()
        if lock:
            rows = rows.select_for_update(of=("self",))
        return rows.get(**{self.lookup_field: value})


class EntityViewSet(RevisionMixin, GenericViewSet):
    """Base of viewsets of entities with a revision; their writes are services."""


class ModelViewSet(
    RevisionMixin,
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    """All of create, list, retrieve, update and delete for an entity with a revision."""

    locks_on_write = True

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create an entity."""
        serializer = self._validated(request)
        self.perform_create(serializer)
        return self.entity_response(serializer.instance, status.HTTP_201_CREATED)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change an entity; PATCH changes only the fields sent."""
        partial = kwargs.get("partial", False)
        serializer = self._validated(request, self.get_object(), partial=partial)
        self.perform_update(serializer)
        return self.entity_response(serializer.instance)

    def _validated(
        self, request: Request, entity: Any = None, *, partial: bool = False
    ) -> BaseSerializer[Any]:
        serializer = self.get_serializer(entity, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return serializer
