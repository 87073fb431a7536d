"""Versions of spindles over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from node_links.api.versions.actions import VersionActions
from node_links.api.versions.serializers import OpenVersionSerializer
from node_links.models import NodeEntity
from spindles.api.base import SpindleActions
from spindles.api.serializers.life_cycle import (
    SpindleComparisonSerializer,
    SpindleVersionContentSerializer,
    SpindleVersionSerializer,
)
from spindles.api.serializers.spindles import SpindleSerializer
from spindles.choices import SpindleStatus
from spindles.comparison import compare_contents
from spindles.models import Spindle, SpindleVersion
from spindles.services.publishing import (
    open_spindle_version,
    publish_spindle,
    rollback_spindle,
)
from spindles.services.states import PUBLISHED, require_status


@extend_schema_view(
    publish=extend_schema(responses={200: SpindleSerializer}),
    versions=extend_schema(responses={200: SpindleVersionSerializer(many=True)}),
    version=extend_schema(responses={200: SpindleVersionContentSerializer}),
    rollback=extend_schema(responses={200: SpindleSerializer}),
    compare=extend_schema(responses={200: SpindleComparisonSerializer}),
)
class SpindleVersionActions(SpindleActions, VersionActions):
    """Publish, open the next draft, list, read, compare, roll back."""

    snapshot_model = SpindleVersion
    version_serializer = SpindleVersionSerializer
    content_serializer = SpindleVersionContentSerializer

    @extend_schema(request=OpenVersionSerializer, responses={201: SpindleSerializer})
    def open_version(self, request: Request, pk: UUID) -> Response:
        """Open the next draft of what is published; the live version goes on meanwhile."""
        return super().open_version(request, pk)

    def require_open(self, entity: Spindle) -> None:
        """Raise `InvalidTransition` unless a draft is open."""
        require_status(entity, SpindleStatus.DRAFT)

    def require_published(self, entity: Spindle) -> None:
        """Raise `InvalidTransition` unless the next draft can be opened."""
        require_status(entity, *PUBLISHED)

    def publish_draft(self, entity: Spindle, **values: Any) -> Response:
        """Publish the open draft. 409 `not_publishable` names each problem."""
        return self.entity_response(publish_spindle(**self.said_of(entity), **values))

    def open_next(self, entity: Spindle, **values: Any) -> NodeEntity:
        """Open the next draft."""
        return open_spindle_version(**self.said_of(entity), **values)

    def roll_back(self, entity: Spindle, version: str) -> NodeEntity:
        """Bring an old content back."""
        return rollback_spindle(**self.said_of(entity), version=version)

    def compare_contents(
        self, old: dict[str, Any], new: dict[str, Any], *, names: list[str]
    ) -> dict[str, Any]:
        """Return what differs in meaning, step by step."""
        return compare_contents(old, new)
