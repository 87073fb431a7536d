"""Checking a model over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from function_models.api.serializers import findings as shapes
from function_models.services.validating import Validation, validate_model
from function_models.validation.findings import Category
from node_links.api.views import NodeEntityViewSet


class ValidationActions(NodeEntityViewSet):
    """Say what is wrong or doubtful; nothing is changed."""

    @extend_schema(
        request=shapes.ValidateModelSerializer, responses={200: shapes.ValidationSerializer}
    )
    @action(detail=True, methods=["post"], locks_on_write=False)
    def validate(self, request: Request, pk: UUID) -> Response:
        """Check the working copy, also an invalid one: 200 says that the checks were made."""
        model = self.get_object()
        data = self.validated(shapes.ValidateModelSerializer(data=request.data))
        made = validate_model(actor=self.actor, model=model, **data)
        return Response(shapes.ValidationSerializer(_told(made)).data)


def _told(made: Validation) -> dict[str, Any]:
    report = made.report
    told = {category: report.told(category) for category in Category}
    return {
        "model_id": made.model.pk,
        "model_version": made.model.version,
        "level": made.level,
        "overall_valid": report.overall_valid,
        "publishable": report.publishable,
        "ready": report.ready,
        "categories": {
            category.value: {
                "ran": category in report.asked,
                "is_valid": not found.errors,
                "errors": [error.as_dict() for error in found.errors],
                "warnings": [warning.as_dict() for warning in found.warnings],
            }
            for category, found in told.items()
        },
        "total_errors": sum(len(found.errors) for found in told.values()),
        "total_warnings": sum(len(found.warnings) for found in told.values()),
        "validated_at": made.validated_at,
        "duration": report.duration,
    }
