"""SOPs over REST."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tenancy import writing_scope
from config.api.concurrency import expected_revision
from config.exceptions import NotFound
from knowledge_base.api import serializers as shapes
from knowledge_base.api.examples import SOPS
from knowledge_base.api.filters import SopFilters
from knowledge_base.api.search import search_response
from knowledge_base.api.uploads import UploadParser
from knowledge_base.api.versions import SopVersionActions
from knowledge_base.choices import SUGGESTED_CATEGORIES
from knowledge_base.markdown.document import parse
from knowledge_base.markdown.rendering import render
from knowledge_base.models import Sop, SopReference, SopVersion
from knowledge_base.sagas import start_deleting
from knowledge_base.services.importing import import_archive
from knowledge_base.services.sops import (
    create_sop,
    delete_sop,
    refuse_closed,
    restore_sop,
    update_sop,
)
from node_links.choices import Bump, EntityStatus
from node_links.permissions import require_no_change
from node_links.services.versions import get_snapshot

# Noting every look would make each read a write.
VIEWED_EVERY = timedelta(minutes=1)
AT_VERSION = OpenApiParameter(
    "version", str, description="A published number, or `published`; absent: the working copy."
)


@extend_schema_view(
    list=extend_schema(responses={200: shapes.SopListSerializer(many=True)}),
    retrieve=extend_schema(responses={200: shapes.SopSerializer}),
)
class SopViewSet(mixins.ListModelMixin, SopVersionActions):
    """Standard operating procedures."""

    model = Sop
    examples = SOPS
    refusals: ClassVar[dict[str, list[str]]] = {"search": ["502"]}
    queryset = Sop.objects.none()
    serializer_class = shapes.SopSerializer
    filterset_class = SopFilters
    search_fields = ("title", "summary")
    ordering_fields = ("title", "category", "created_at", "updated_at", "read_time")
    ordering = ("-updated_at", "-id")
    unsettled_fields = (
        "linked_function_models",
        "linked_event_storms",
        "linked_spindles",
        "last_viewed_at",
    )
    creating = ("create", "import_")
    shows_links = True
    locks_on_write = True
    heavy_fields = ("vector_embedding",)
    extra_query_parameters = (
        *SopVersionActions.extra_query_parameters,
        "reason",
        "cleanup_links",
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the caller may see; lists leave the texts in the database."""
        rows = super().get_queryset()
        if self.request.method not in SAFE_METHODS:
            return rows
        rows = rows.defer("reference_keys")
        return rows.defer("content") if self.action == "list" else rows

    def get_serializer_class(self) -> type[shapes.SopSerializer]:
        """Lists have no text; changes may say how far the version number jumps."""
        if self.action == "list":
            return shapes.SopListSerializer
        if self.request.method in ("PUT", "PATCH"):
            return shapes.SopUpdateSerializer
        return shapes.SopSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Give the serializer what the graph links with the SOPs, read with one query."""
        shown = args[0] if args else None
        if shown is not None and "data" not in kwargs:
            sops: Iterable[Sop] = shown if kwargs.get("many") else [shown]
            linked = self.linked_with(sops)
            kwargs["context"] = {**self.get_serializer_context(), "linked": linked}
        return super().get_serializer(*args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read an SOP's working copy; 304 where If-None-Match names its revision."""
        response = super().retrieve(request, *args, **kwargs)
        self._note_view(self.entity)
        return response

    def create(self, request: Request) -> Response:
        """Create a draft."""
        data = self.validated(self.get_serializer(data=request.data))
        data["author"] = data.get("author") or self.caller.get_short_name()
        return self.entity_response(create_sop(actor=self.actor, **data), status.HTTP_201_CREATED)

    @extend_schema(request=shapes.SopUpdateSerializer, responses={200: shapes.SopSerializer})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields sent. Changing a published text opens the next draft."""
        return self._update(request, partial=True)

    @extend_schema(request=shapes.SopUpdateSerializer, responses={200: shapes.SopSerializer})
    def update(self, request: Request, pk: UUID) -> Response:
        """Change an SOP, naming all required fields."""
        return self._update(request, partial=False)

    @extend_schema(
        parameters=[OpenApiParameter("reason", str), OpenApiParameter("cleanup_links", bool)],
        responses={204: None, 202: shapes.AcceptedSerializer},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete an SOP softly. 409 `in_use` where others rely on it.

        With `cleanup_links` its links go first: all of it, or nothing.
        """
        sop, cleanup = self.get_object(), self._asked("cleanup_links")
        expected = self.expected_revision
        reason = request.query_params.get("reason", "")
        if cleanup:
            saga = start_deleting(
                actor=self.actor, sop=sop, reason=reason, expected_revision=expected
            )
            return self.accepted(saga)
        delete_sop(actor=self.actor, pk=sop.pk, expected_revision=expected, reason=reason)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: shapes.SopSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Undo a deletion inside the recovery window; for administrators."""
        try:
            known = UUID(str(pk))
        except ValueError as error:
            raise NotFound from error
        expected = expected_revision(request)
        restored = restore_sop(actor=self.actor, pk=known, expected_revision=expected)
        return self.entity_response(restored)

    @extend_schema(
        parameters=[shapes.SearchQuerySerializer],
        responses={200: shapes.SearchResultsSerializer},
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=())
    def search(self, request: Request) -> Response:
        """Find SOPs by meaning, by words, or by both; a blank query finds nothing."""
        return search_response(request, self.actor)

    @extend_schema(responses={200: shapes.CategorySerializer(many=True)})
    @action(detail=False, methods=["get"], filter_backends=())
    def categories(self, request: Request) -> Response:
        """List the categories in use with their counts, and the suggested ones."""
        rows = Sop.objects.visible_to(self.actor).exclude(status=EntityStatus.ARCHIVED)
        counts = rows.category_counts()
        names = sorted({*counts, *SUGGESTED_CATEGORIES})
        rows_shown = [{"category": name, "count": counts.get(name, 0)} for name in names]
        return self.get_paginated_response(self.paginate_queryset(rows_shown))

    @extend_schema(parameters=[AT_VERSION], responses={200: shapes.HeadingSerializer(many=True)})
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=(),
        extra_query_parameters=("version", "deleted"),
    )
    def toc(self, request: Request, pk: UUID) -> Response:
        """Return the table of contents."""
        content, _ = self._content(self.get_object())
        return Response(shapes.HeadingSerializer(parse(content).headings, many=True).data)

    @extend_schema(parameters=[AT_VERSION], responses={200: shapes.RenderedSerializer})
    @action(detail=True, methods=["get"], extra_query_parameters=("version", "deleted"))
    def render(self, request: Request, pk: UUID) -> Response:
        """Return the text as sanitised HTML; its headings carry the anchors of `toc/`."""
        sop = self.get_object()
        content, version = self._content(sop)
        targets = {
            (reference.kind, reference.raw_target): reference.target_id
            for reference in sop.references.resolved()
        }
        html = render(content, resolve=lambda link: _address(targets.get((link.kind, link.target))))
        return Response({"html": html, "version": version})

    @extend_schema(responses={200: shapes.ReferenceSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def references(self, request: Request, pk: UUID) -> Response:
        """List what the text refers to; `target` is null where the reference dangles."""
        rows = self.get_object().references.select_related("target").order_by("position")
        return self._page(rows, shapes.ReferenceSerializer)

    @extend_schema(responses={200: shapes.BacklinkSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def backlinks(self, request: Request, pk: UUID) -> Response:
        """List where other SOPs refer to this one."""
        rows = SopReference.objects.visible_to(self.actor).filter(target=self.get_object())
        rows = rows.between_different().select_related("sop").order_by("sop__title", "id")
        return self._page(rows, shapes.BacklinkSerializer)

    @extend_schema(responses={200: shapes.DanglingSerializer(many=True)})
    @action(detail=False, methods=["get"], filter_backends=())
    def dangling(self, request: Request) -> Response:
        """List references that mean nothing yet, in the whole organisation."""
        rows = SopReference.objects.visible_to(self.actor).dangling().select_related("sop")
        return self._page(
            rows.order_by("sop__title", "sop_id", "position"), shapes.DanglingSerializer
        )

    @extend_schema(
        request={"multipart/form-data": shapes.ImportSerializer},
        responses={200: shapes.ImportReportSerializer},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=(UploadParser,),
        pagination_class=None,
    )
    def import_(self, request: Request) -> Response:
        """Import a zip of Markdown files: all of it, or nothing."""
        data = self.validated(shapes.ImportSerializer(data=request.data))
        return Response(import_archive(actor=self.actor, **data).as_dict())

    def _update(self, request: Request, *, partial: bool) -> Response:
        sop = self.get_object()
        if isinstance(request.data, dict) and "permissions" in request.data:
            require_no_change(self.actor, sop, request.data["permissions"])
        serializer = self.get_serializer(sop, data=request.data, partial=partial)
        if not serializer.is_valid():
            # What cannot be changed now is told before what would be wrong with the change.
            refuse_closed(sop, [name for name in serializer.errors if name in serializer.fields])
        data = self.validated(serializer)
        bump = Bump(data.pop("bump", Bump.MINOR))
        return self.entity_response(
            update_sop(
                actor=self.actor,
                pk=sop.pk,
                values=data,
                bump=bump,
                expected_revision=self.expected_revision,
                locked=sop,
            )
        )

    def _content(self, sop: Sop) -> tuple[str, str]:
        version = self.request.query_params.get("version")
        if version is None:
            return sop.content, sop.version
        snapshot = get_snapshot(SopVersion, entity=sop, version=version)
        return str(snapshot.content["content"]), snapshot.version

    def _page(self, rows: QuerySet[SopReference], shape: type[Any]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shape(page, many=True).data)

    def _note_view(self, sop: Sop) -> None:
        now = timezone.now()
        if sop.last_viewed_at is None or now - sop.last_viewed_at > VIEWED_EVERY:
            # A reader does not wait for whoever is changing the SOP; the next look is noted.
            free = Sop.objects.filter(pk=sop.pk).select_for_update(skip_locked=True, no_key=True)
            with writing_scope(self.actor):
                Sop.objects.filter(pk__in=free.values("pk")).update(last_viewed_at=now)


def _address(target: UUID | None) -> str | None:
    return f"/api/v1/sops/{target}/" if target else None
