"""The part of every feature's viewset that is about published versions."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import ParameterError
from node_links.api.versions import serializers as shapes
from node_links.api.views import NodeEntityViewSet
from node_links.choices import Bump, EntityStatus
from node_links.models import NodeEntity, VersionSnapshot
from node_links.services.versions import get_snapshot, require_status, snapshot_content

SIDES = ("from", "to")
REQUIRED = [ErrorDetail("A number, or `draft`.", "required")]
NUMBER = r"(?P<version>[0-9A-Za-z.+_-]+)"


class VersionActions(NodeEntityViewSet):
    """Publish, list, read, compare, roll back.

    A feature names its `snapshot_model` and says how the four things are done that its services do:
    `publish_draft`, `open_next`, `roll_back`, `compare_contents`. What they answer stands in the
    feature's own description of the API.
    """

    snapshot_model: ClassVar[type[VersionSnapshot]]
    version_serializer: ClassVar[type[shapes.VersionSerializer]] = shapes.VersionSerializer
    content_serializer: ClassVar[type[shapes.VersionSerializer]] = shapes.VersionContentSerializer

    def require_open(self, entity: Any) -> None:
        """Raise `InvalidTransition` unless a draft is open."""
        require_status(entity, EntityStatus.DRAFT)

    def require_published(self, entity: Any) -> None:
        """Raise `InvalidTransition` unless the next draft can be opened."""
        require_status(entity, EntityStatus.PUBLISHED)

    def publish_draft(self, entity: Any, **values: Any) -> Response:
        """Publish the open draft of a locked entity; `values` are `version` and `notes`."""
        raise NotImplementedError

    def open_next(self, entity: Any, **values: Any) -> NodeEntity:
        """Open the next draft of a locked entity; `values` are `bump` and `notes`."""
        raise NotImplementedError

    def roll_back(self, entity: Any, version: str) -> NodeEntity:
        """Bring a version back into the open draft of a locked entity."""
        raise NotImplementedError

    def compare_contents(
        self, old: dict[str, Any], new: dict[str, Any], *, names: list[str]
    ) -> dict[str, Any]:
        """Return what differs between two contents, which go by `names`."""
        raise NotImplementedError

    @extend_schema(request=shapes.PublishSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: UUID) -> Response:
        """Publish the open draft. 409 `version_conflict`, `invalid_transition`."""
        entity = self.get_object()
        self.require_open(entity)
        data = self.validated(shapes.PublishSerializer(data=request.data))
        return self.publish_draft(entity, **data)

    @extend_schema(responses={200: shapes.VersionSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def versions(self, request: Request, pk: UUID) -> Response:
        """List the published versions, the highest number first."""
        entity = self.get_object()
        rows: QuerySet[Any] = self.snapshot_model._default_manager.all()
        page = self.paginate_queryset(rows.filter(entity_id=entity.pk).defer("content"))
        shown = self.version_serializer(page, many=True, context={"entity": entity})
        return self.get_paginated_response(shown.data)

    @extend_schema(request=shapes.OpenVersionSerializer)
    @versions.mapping.post
    def open_version(self, request: Request, pk: UUID) -> Response:
        """Open the next draft of what is published; the published one stays live."""
        entity = self.get_object()
        self.require_published(entity)
        data = self.validated(shapes.OpenVersionSerializer(data=request.data))
        opened = self.open_next(entity, **{**data, "bump": Bump(data["bump"])})
        return self.entity_response(opened, status.HTTP_201_CREATED)

    @extend_schema(responses={200: shapes.VersionContentSerializer})
    @action(detail=True, methods=["get"], url_path=f"versions/{NUMBER}")
    def version(self, request: Request, pk: UUID, version: str) -> Response:
        """Read one published version; `published` names the live one."""
        entity = self.get_object()
        snapshot = self.snapshot_of(entity, version, pointer="/version")
        shown = self.content_serializer(snapshot, context={"entity": entity})
        return Response(shown.data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path=f"versions/{NUMBER}/rollback")
    def rollback(self, request: Request, pk: UUID, version: str) -> Response:
        """Bring a version's content back into the open draft. 409 where no draft is open."""
        return self.entity_response(self.roll_back(self.get_object(), version))

    @extend_schema(
        parameters=[
            OpenApiParameter("from", str, required=True, description="A number, or `draft`."),
            OpenApiParameter("to", str, required=True, description="A number, or `draft`."),
        ],
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="versions/compare",
        extra_query_parameters=("from", "to", "deleted"),
    )
    def compare(self, request: Request, pk: UUID) -> Response:
        """Say what differs between two versions."""
        entity = self.get_object()
        missing = [side for side in SIDES if not request.query_params.get(side)]
        if missing:
            raise ParameterError({side: REQUIRED for side in missing})
        names = [str(request.query_params[side]) for side in SIDES]
        old, new = (self.content_of(entity, *pair) for pair in zip(names, SIDES, strict=True))
        differences = self.compare_contents(old, new, names=names)
        return Response({"from": names[0], "to": names[1], **differences})

    def content_of(self, entity: NodeEntity, name: str, parameter: str) -> dict[str, Any]:
        """Return the content that goes by a number, or by `draft`: the working copy.

        `parameter` is the query parameter that names it. Raises `NotFound`, `ValidationFailed`.
        """
        if name == "draft":
            return snapshot_content(entity)
        return dict(self.snapshot_of(entity, name, pointer=f"?{parameter}").content)

    def snapshot_of(self, entity: NodeEntity, version: str, *, pointer: str) -> VersionSnapshot:
        """Return a published version. Raises as `get_snapshot`."""
        return get_snapshot(self.snapshot_model, entity=entity, version=version, pointer=pointer)
