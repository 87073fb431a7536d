"""The part of the SOP viewset that is about published versions."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import ParameterError
from knowledge_base.api import serializers as shapes
from knowledge_base.comparison import compare_contents
from knowledge_base.models import Sop, SopVersion
from knowledge_base.sagas import DELETE_SOP, links_removed, start_archiving
from knowledge_base.services.sops import (
    archive_sop,
    open_sop_version,
    publish_sop,
    rollback_sop,
)
from node_links.api.sagas import SagaActions
from node_links.api.views import NodeEntityViewSet
from node_links.choices import Bump, EntityStatus
from node_links.models import Saga
from node_links.services.versions import get_snapshot, require_status, snapshot_content

SIDES = ("from", "to")
REQUIRED = [ErrorDetail("A number, or `draft`.", "required")]
NUMBER = r"(?P<version>[0-9A-Za-z.+_-]+)"


class SopVersionActions(SagaActions, NodeEntityViewSet):
    """Publish, list, read, compare, roll back, archive."""

    saga_actions = ("archive", "destroy")

    @extend_schema(request=shapes.PublishSerializer, responses={200: shapes.SopSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: UUID) -> Response:
        """Publish the open draft. 409 `version_conflict`, `invalid_transition`."""
        sop = self.get_object()
        require_status(sop, EntityStatus.DRAFT)
        data = self.validated(shapes.PublishSerializer(data=request.data))
        return self.entity_response(
            publish_sop(
                actor=self.actor, pk=sop.pk, expected_revision=self.expected_revision, **data
            )
        )

    @extend_schema(
        request=shapes.ArchiveSerializer,
        responses={200: shapes.ArchivedSopSerializer, 202: shapes.AcceptedSerializer},
    )
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """Archive the SOP for good; its content stays readable.

        With `cleanup_links` its links go too, and references to it dangle: all of it, or nothing.
        """
        sop = self.get_object()
        require_status(sop, EntityStatus.DRAFT, EntityStatus.PUBLISHED)
        data = self.validated(shapes.ArchiveSerializer(data=request.data))
        cleanup, expected = data.pop("cleanup_links"), self.expected_revision
        if cleanup:
            saga = start_archiving(actor=self.actor, sop=sop, expected_revision=expected, **data)
            return self.accepted(saga)
        return self.entity_response(
            archive_sop(actor=self.actor, pk=sop.pk, expected_revision=expected, **data)
        )

    def saga_response(self, saga: Saga) -> Response:
        """Return the archived SOP and how many links it has lost; nothing of a deleted one."""
        if saga.name == DELETE_SOP.name:
            return Response(status=status.HTTP_204_NO_CONTENT)
        response = self.entity_response(self.get_queryset().get(pk=saga.payload["sop_id"]))
        response.data["links_removed"] = links_removed(saga)
        return response

    @extend_schema(responses={200: shapes.VersionSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def versions(self, request: Request, pk: UUID) -> Response:
        """List the published versions, the highest number first."""
        sop = self.get_object()
        page = self.paginate_queryset(sop.versions.defer("content"))
        shown = shapes.VersionSerializer(page, many=True, context={"sop": sop})
        return self.get_paginated_response(shown.data)

    @extend_schema(request=shapes.OpenVersionSerializer, responses={201: shapes.SopSerializer})
    @versions.mapping.post
    def open_version(self, request: Request, pk: UUID) -> Response:
        """Open the next draft of a published SOP; the published one stays live."""
        sop = self.get_object()
        require_status(sop, EntityStatus.PUBLISHED)
        data = self.validated(shapes.OpenVersionSerializer(data=request.data))
        data["bump"] = Bump(data["bump"])
        opened = open_sop_version(
            actor=self.actor, pk=sop.pk, expected_revision=self.expected_revision, **data
        )
        return self.entity_response(opened, status.HTTP_201_CREATED)

    @extend_schema(responses={200: shapes.VersionContentSerializer})
    @action(detail=True, methods=["get"], url_path=f"versions/{NUMBER}")
    def version(self, request: Request, pk: UUID, version: str) -> Response:
        """Read one published version; `published` names the live one."""
        sop = self.get_object()
        snapshot = get_snapshot(SopVersion, entity=sop, version=version, pointer="/version")
        return Response(shapes.VersionContentSerializer(snapshot, context={"sop": sop}).data)

    @extend_schema(request=None, responses={200: shapes.SopSerializer})
    @action(detail=True, methods=["post"], url_path=f"versions/{NUMBER}/rollback")
    def rollback(self, request: Request, pk: UUID, version: str) -> Response:
        """Bring a version's content back into the open draft. 409 where no draft is open."""
        sop = self.get_object()
        return self.entity_response(
            rollback_sop(
                actor=self.actor,
                pk=sop.pk,
                version=version,
                expected_revision=self.expected_revision,
            )
        )

    @extend_schema(
        parameters=[
            OpenApiParameter("from", str, required=True, description="A number, or `draft`."),
            OpenApiParameter("to", str, required=True, description="A number, or `draft`."),
        ],
        responses={200: shapes.ComparisonSerializer},
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="versions/compare",
        extra_query_parameters=("from", "to", "deleted"),
    )
    def compare(self, request: Request, pk: UUID) -> Response:
        """Say what differs between two versions."""
        sop = self.get_object()
        missing = [side for side in SIDES if not request.query_params.get(side)]
        if missing:
            raise ParameterError({side: REQUIRED for side in missing})
        names = [str(request.query_params[side]) for side in SIDES]
        old, new = (_content(sop, *pair) for pair in zip(names, SIDES, strict=True))
        return Response(
            {"from": names[0], "to": names[1], **compare_contents(old, new, names=names)}
        )


def _content(sop: Sop, name: str, side: str) -> dict[str, Any]:
    if name == "draft":
        return snapshot_content(sop)
    return dict(get_snapshot(SopVersion, entity=sop, version=name, pointer=f"?{side}").content)
