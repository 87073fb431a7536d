"""Copying, archiving, deleting and restoring models over REST."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.concurrency import expected_revision
from config.api.errors import ParameterError
from config.exceptions import NotFound
from function_models.api.serializers import life_cycle as shapes
from function_models.api.serializers.models import DuplicateSerializer, FunctionModelSerializer
from function_models.retention import days_of
from function_models.services.archiving import archive_model, as_dict
from function_models.services.deleting import assess_recovery, delete_model, restore_model
from function_models.services.models import duplicate_model
from node_links.api.views import NodeEntityViewSet
from node_links.choices import EntityStatus
from node_links.services.versions import require_status

DELETION = (
    "reason",
    "retention_period",
    "enforce_referential_integrity",
    "compliance_framework",
    "data_classification",
)
_TRUTH = {"true": True, "false": False}


class LifeCycleActions(NodeEntityViewSet):
    """Duplicate, archive, delete, restore."""

    @extend_schema(request=DuplicateSerializer, responses={201: FunctionModelSerializer})
    @action(detail=True, methods=["post"], locks_on_write=False)
    def duplicate(self, request: Request, pk: UUID) -> Response:
        """Copy the working copy into a new draft of the caller's, with statuses begun anew."""
        model = self.get_object()
        data = self.validated(DuplicateSerializer(data=request.data))
        copy = duplicate_model(actor=self.actor, pk=model.pk, **data)
        return self.entity_response(copy, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.ModelArchiveSerializer, responses={200: shapes.ModelArchivedSerializer}
    )
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """Archive the model for good; its content stays readable, running executions finish.

        409 `archive_risk_high` where the assessment is enforced; `impact` says why.
        """
        model = self.get_object()
        require_status(model, EntityStatus.DRAFT, EntityStatus.PUBLISHED)
        data = self.validated(shapes.ModelArchiveSerializer(data=request.data))
        data["reason"] = data["reason"] or ""
        done = archive_model(
            actor=self.actor,
            pk=model.pk,
            expected_revision=self.expected_revision,
            locked=model,
            **data,
        )
        shown = shapes.ModelArchivedSerializer(
            {
                "id": model.pk,
                "status": done.model.status,
                "previous_status": done.previous_status,
                "archived_at": done.model.archived_at,
                "archived_by": done.model.archived_by_id,
                "impact": as_dict(done.impact),
                "links_removed": done.links_removed,
            }
        )
        return Response(shown.data, headers=self.tag_of(done.model))

    @extend_schema(parameters=[shapes.DeletionQuerySerializer], responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Hide the model; it is kept for the retention period, then removed for good.

        409 `in_use`, where referential integrity is enforced and others rely on it.
        """
        model = self.get_object()
        require_status(model, EntityStatus.DRAFT, EntityStatus.PUBLISHED)
        asked = self._deletion()
        days = days_of(asked.pop("retention_period", None))
        delete_model(
            actor=self.actor,
            pk=model.pk,
            reason=asked["reason"],
            retention_days=days,
            enforce_referential_integrity=asked["enforce_referential_integrity"],
            compliance={name: asked.get(name) for name in DELETION[3:]},
            expected_revision=self.expected_revision,
            locked=model,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: shapes.ModelRecoverySerializer})
    @action(detail=True, methods=["get"], url_path="restore")
    def recovery(self, request: Request, pk: UUID) -> Response:
        """Say whether a deleted model may come back; for administrators."""
        found = assess_recovery(actor=self.actor, pk=_known(pk))
        return Response(shapes.ModelRecoverySerializer(asdict(found)).data)

    @extend_schema(request=shapes.ModelRestoreSerializer, responses={200: FunctionModelSerializer})
    @recovery.mapping.post
    def restore(self, request: Request, pk: UUID) -> Response:
        """Undo a deletion inside the recovery window; for administrators."""
        known, expected = _known(pk), expected_revision(request)
        data = self.validated(shapes.ModelRestoreSerializer(data=request.data))
        restored = restore_model(
            actor=self.actor, pk=known, name=data.get("name"), expected_revision=expected
        )
        return self.entity_response(restored)

    def _deletion(self) -> dict[str, Any]:
        """Return the parameters of a deletion. Raises `ParameterError` naming every fault."""
        given: dict[str, Any] = {
            name: self.request.query_params[name]
            for name in DELETION
            if name in self.request.query_params
        }
        enforced = given.get("enforce_referential_integrity")
        wrong: dict[str, Any] = {}
        if enforced is not None:
            given["enforce_referential_integrity"] = _TRUTH.get(enforced, False)
            if enforced not in _TRUTH:
                fault = [ErrorDetail("Write true or false.", "invalid")]
                wrong["enforce_referential_integrity"] = fault
        serializer = shapes.DeletionQuerySerializer(data=given)
        if not serializer.is_valid() or wrong:
            raise ParameterError({**serializer.errors, **wrong})
        return dict(serializer.validated_data)


def _known(pk: object) -> UUID:
    try:
        return UUID(str(pk))
    except ValueError as error:
        raise NotFound from error
