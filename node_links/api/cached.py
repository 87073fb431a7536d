"""Reading an entity by id through the cache.

The statement that enters the tenant brings the entity's head: whether it is there, who may read it,
its present revision. Permissions are checked on the head, an entity tag that is known is answered
from it, and the body comes from the cache under the very state that the head names. Where it is not
kept, and while Valkey is away, the entity is read as ever and its body kept for the next reader.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from rest_framework import status as http
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.api.asking import AsksAhead
from accounts.api.callers import CallerMixin
from accounts.tenancy import Question
from config.api.concurrency import is_known
from config.api.reading import Read, readers_of
from config.api.views import EntityViewSet
from node_links.caching.bodies import (
    body_of,
    fetch_body,
    fetch_document,
    store_body,
    store_document,
    store_on_commit,
)
from node_links.caching.heads import Linked, head_of, question_of
from node_links.graph.linked import linked_entities
from node_links.models import NodeEntity


class CachedReads(AsksAhead, CallerMixin, EntityViewSet):
    """For viewsets of node entities, whose `serializer_class` shows an entity in full.

    `unsettled_fields` names what it shows that may change without a new revision; `documents` the
    further reads of one entity that answer by `document_response()`; `shows_links` says that it
    shows what `linked_with()` returns. A viewset that shows an entity to fewer people than its
    queryset's `visible_to(actor).alive()` does sets `reads_through_cache` to False, or refuses by
    its object permissions.
    """

    model: ClassVar[type[NodeEntity]]
    unsettled_fields: ClassVar[tuple[str, ...]] = ()
    documents: ClassVar[tuple[str, ...]] = ()
    reads_through_cache: ClassVar[bool] = True
    shows_links: ClassVar[bool] = False
    entity: Any = None
    _answer: Sequence[Any] = (None, None)
    _asked_of: UUID | None = None

    def question(self) -> Question | None:
        """Ask for the head where the request reads one living entity and nothing else.

        A change asks too where its answer shows what the graph links with the entity.
        """
        asks = self.action in ("retrieve", *self.documents) or (
            self.shows_links and self.action in ("update", "partial_update")
        )
        if not self.reads_through_cache or not asks or self.request.query_params:
            return None
        try:
            self._asked_of = UUID(str(self.kwargs[self.lookup_url_kwarg or self.lookup_field]))
        except ValueError:
            return None
        return question_of(self.model, self._asked_of, self._unsettled)

    def take_answer(self, answer: Sequence[Any]) -> None:
        """Keep the head until the request may be answered."""
        self._answer = answer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one entity; 304 without a body where If-None-Match names its revision."""
        head = self._head
        if head is None:
            return super().retrieve(request, *args, **kwargs)
        self.check_object_permissions(request, head)
        self.entity = head
        if is_known(request, self.revision_of(head)):
            return Response(status=http.HTTP_304_NOT_MODIFIED, headers=self.tag_of(head))
        serializer = self.get_serializer(head)
        readers = _readers(self._shown_by)
        unsettled = {
            name: read(serializer, head)
            for name, read in readers.items()
            if name in self.unsettled_fields
        }
        body = fetch_body(head, tuple(readers), unsettled)
        if body is None:
            return super().retrieve(request, *args, **kwargs)
        return Response(orjson.Fragment(body), headers=self.tag_of(head))

    def document_response(self, read: Callable[[Any], Any]) -> Response:
        """Return what `read` makes of the entity of the address, kept for the next reader.

        304 without a body where If-None-Match names the entity's revision.
        """
        head = self._head
        entity = head or self.get_object()
        if head is not None:
            self.check_object_permissions(self.request, head)
            self.entity = head
        if is_known(self.request, self.revision_of(entity)):
            return Response(status=http.HTTP_304_NOT_MODIFIED, headers=self.tag_of(entity))
        if head is None:
            return Response(read(entity), headers=self.tag_of(entity))
        body = fetch_document(head, str(self.action))
        if body is None:
            entity = self.get_object()
            body = store_document(entity, str(self.action), read(entity))
        return Response(orjson.Fragment(body), headers=self.tag_of(entity))

    def entity_response(self, entity: Any, status: int = http.HTTP_200_OK) -> Response:
        """Return the answer that holds `entity`, and keep it for the next reader.

        What a write answers is kept once it is committed: until then nobody else may see it.
        """
        response = super().entity_response(entity, status)
        data = response.data
        if self._shows_all(entity, data):
            reads = self.request.method in SAFE_METHODS
            keep = store_body if reads else store_on_commit
            keep(entity, body_of(data, self.unsettled_fields))
        return response

    def linked_with(self, entities: Iterable[NodeEntity]) -> Linked:
        """Return what the graph links with `entities`, as `linked_entities`.

        Not asked again where the statement that let the caller in has brought it.
        """
        if self._found is not None:
            return self._found[1]
        ids = [entity.pk for entity in entities]
        kind = self.model.feature_type
        return linked_entities(actor=self.actor, feature_type=kind, entity_ids=ids)

    @property
    def _shown_by(self) -> type[Serializer[Any]]:
        return cast("type[Serializer[Any]]", self.serializer_class)

    @property
    def _unsettled(self) -> tuple[str, ...]:
        return self.unsettled_fields if self.action == "retrieve" else ()

    @property
    def _head(self) -> NodeEntity | None:
        return self._found[0] if self._found else None

    @cached_property
    def _found(self) -> tuple[NodeEntity, Linked] | None:
        """The head that was asked for, and what the graph links with it."""
        if self._asked_of is None:
            return None
        return head_of(
            self.model,
            pk=self._asked_of,
            organization_id=self.actor.tenant_id,
            unsettled=self._unsettled,
            answer=self._answer,
        )

    def _shows_all(self, entity: Any, data: Any) -> bool:
        return (
            self.reads_through_cache
            and isinstance(entity, NodeEntity)
            and entity.deleted_at is None
            and isinstance(data, Mapping)
            and tuple(data) == tuple(_readers(self._shown_by))
        )


@cache
def _readers(serializer: type[Serializer[Any]]) -> dict[str, Read]:
    """Return the reader of each member that a serializer of this class shows."""
    return dict(readers_of(serializer()))
