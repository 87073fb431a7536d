"""The part of the SOP viewset that is about published versions."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

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
from node_links.api.versions.actions import VersionActions
from node_links.api.versions.serializers import OpenVersionSerializer
from node_links.choices import EntityStatus
from node_links.models import NodeEntity, Saga
from node_links.services.versions import require_status


@extend_schema_view(
    publish=extend_schema(responses={200: shapes.SopSerializer}),
    rollback=extend_schema(responses={200: shapes.SopSerializer}),
    compare=extend_schema(responses={200: shapes.ComparisonSerializer}),
)
class SopVersionActions(SagaActions, VersionActions):
    """Publish, list, read, compare, roll back, archive."""

    snapshot_model = SopVersion
    saga_actions = ("archive", "destroy")

    @extend_schema(request=OpenVersionSerializer, responses={201: shapes.SopSerializer})
    def open_version(self, request: Request, pk: UUID) -> Response:
        """Open the next draft of what is published; the published one stays live."""
        return super().open_version(request, pk)

    def publish_draft(self, entity: Sop, **values: Any) -> Response:
        """Publish the open draft."""
        return self.entity_response(
            publish_sop(
                actor=self.actor, pk=entity.pk, expected_revision=self.expected_revision, **values
            )
        )

    def open_next(self, entity: Sop, **values: Any) -> NodeEntity:
        """Open the next draft; the published text stays live."""
        return open_sop_version(
            actor=self.actor, pk=entity.pk, expected_revision=self.expected_revision, **values
        )

    def roll_back(self, entity: Sop, version: str) -> NodeEntity:
        """Bring an old text back."""
        return rollback_sop(
            actor=self.actor,
            pk=entity.pk,
            version=version,
            expected_revision=self.expected_revision,
        )

    def compare_contents(
        self, old: dict[str, Any], new: dict[str, Any], *, names: list[str]
    ) -> dict[str, Any]:
        """Return the fields that differ and a diff of the texts."""
        return compare_contents(old, new, names=names)

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
