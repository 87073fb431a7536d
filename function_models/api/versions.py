"""Versions of models over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from function_models.api.serializers.comparison import ModelComparisonSerializer
from function_models.api.serializers.findings import PublishedModelSerializer
from function_models.api.serializers.models import FunctionModelSerializer
from function_models.comparison import compare_contents
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.publishing import (
    open_model_version,
    publish_model,
    rollback_model,
)
from node_links.api.versions.actions import VersionActions
from node_links.api.versions.serializers import OpenVersionSerializer
from node_links.models import NodeEntity


@extend_schema_view(
    publish=extend_schema(responses={200: PublishedModelSerializer}),
    rollback=extend_schema(responses={200: FunctionModelSerializer}),
    compare=extend_schema(responses={200: ModelComparisonSerializer}),
)
class ModelVersionActions(VersionActions):
    """Publish, open the next draft, list, read, compare, roll back."""

    snapshot_model = FunctionModelVersion

    @extend_schema(request=OpenVersionSerializer, responses={201: FunctionModelSerializer})
    def open_version(self, request: Request, pk: UUID) -> Response:
        """Open the next draft of what is published; the published one stays live."""
        return super().open_version(request, pk)

    def publish_draft(self, entity: FunctionModel, **values: Any) -> Response:
        """Publish the open draft; `warnings` says what is doubtful about it."""
        published = publish_model(**self._of(entity), **values)
        response = self.entity_response(published.model)
        warnings = [warning.as_dict() for warning in published.warnings]
        response.data = {**response.data, "warnings": warnings}
        return response

    def open_next(self, entity: FunctionModel, **values: Any) -> NodeEntity:
        """Open the next draft."""
        return open_model_version(**self._of(entity), **values)

    def roll_back(self, entity: FunctionModel, version: str) -> NodeEntity:
        """Bring an old content back."""
        return rollback_model(**self._of(entity), version=version)

    def compare_contents(
        self, old: dict[str, Any], new: dict[str, Any], *, names: list[str]
    ) -> dict[str, Any]:
        """Return what differs in meaning, node by node."""
        return compare_contents(old, new).as_dict()

    def _of(self, model: FunctionModel) -> dict[str, Any]:
        return {
            "actor": self.actor,
            "pk": model.pk,
            "expected_revision": self.expected_revision,
            "locked": model,
        }
