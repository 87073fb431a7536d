"""What the viewsets of all features share: visibility, deleted rows, object permissions."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from config.api.errors import ParameterError
from config.exceptions import DomainError
from node_links.api.audit_logs import AuditLogSerializer, AuditPagination
from node_links.api.cached import CachedReads
from node_links.api.permissions import MayAct
from node_links.choices import EntityStatus
from node_links.models import AuditLog
from node_links.permissions import Act
from node_links.querysets import EntityQuerySet

_TRUTH = {"true": True, "false": False}


class NodeEntityViewSet(CachedReads):
    """Base of the four features' viewsets.

    `model` is the entity; `acts` says what each action needs, `creating` which ones make new
    entities; `heavy_fields` are never read here. Lists hide archived entities unless
    `?include_archived=true` or `?status=` asks for them; `?deleted=true` shows administrators the
    deleted ones instead.
    """

    permission_classes = (MayAct,)
    acts: ClassVar[dict[str, Act]] = {
        "update": Act.EDIT,
        "partial_update": Act.EDIT,
        "destroy": Act.ADMINISTER,
        "publish": Act.PUBLISH,
        "archive": Act.ARCHIVE,
        "rollback": Act.EDIT,
        "open_version": Act.EDIT,
        "history": Act.AUDIT,
    }
    creating: ClassVar[tuple[str, ...]] = ("create",)
    sensitive: ClassVar[dict[str, str]] = {
        "update": "change_permissions",
        "partial_update": "change_permissions",
        "destroy": "delete",
        "publish": "publish",
        "restore": "restore",
        "history": "read_audit_trail",
    }
    extra_query_parameters: ClassVar[tuple[str, ...]] = ("deleted", "include_archived")
    list_hides_archived: ClassVar[bool] = True
    heavy_fields: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the entities that the caller may see under this address."""
        rows: EntityQuerySet[Any] = self.model.all_objects.visible_to(self.actor)
        rows = rows.defer(*self.heavy_fields)
        if self._asked("deleted"):
            if not self.actor.is_administrator:
                raise PermissionDenied("Deleted entities are shown to administrators.")
            return rows.deleted()
        rows = rows.alive()
        if self.action != "list" or not self.list_hides_archived:
            return rows
        if self._asked("include_archived") or "status" in self.request.query_params:
            return rows
        return rows.exclude(status=EntityStatus.ARCHIVED)

    def find(self, value: Any, *, lock: bool) -> Any:
        """Read the entity with this id, or lock it."""
        if not lock or self._asked("deleted"):
            return super().find(value, lock=lock)
        rows: EntityQuerySet[Any] = self.model.all_objects.all()
        entity = rows.lock_living(self.actor, UUID(str(value)), without=self.heavy_fields)
        if entity is None:
            raise self.model.DoesNotExist
        return entity

    def get_object(self) -> Any:
        """Return the entity of the address, and keep it as `self.entity`."""
        self.entity = super().get_object()
        return self.entity

    @extend_schema(responses={200: AuditLogSerializer(many=True)})
    @action(detail=True, methods=["get"], pagination_class=AuditPagination, filter_backends=())
    def history(self, request: Request, pk: UUID) -> Response:
        """Read the audit trail of the entity and its versions, the newest act first.

        For its owner, editors and listed viewers, and for administrators.
        """
        rows = AuditLog.objects.of_entity(self.actor, self.get_object().pk)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(AuditLogSerializer(page, many=True).data)

    def validated(self, serializer: BaseSerializer[Any]) -> dict[str, Any]:
        """Return the checked values. Raises `ValidationError` naming every fault."""
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def sensitive_act(self) -> str | None:
        """Return the name of the act; an update is one only where it names permissions."""
        act = super().sensitive_act()
        if act == "change_permissions" and not self._names_permissions():
            return None
        return act

    def _names_permissions(self) -> bool:
        try:
            data = self.request.data
        except (APIException, DomainError):  # a body that cannot be read names nothing
            return False
        return isinstance(data, dict) and "permissions" in data

    def _asked(self, name: str) -> bool:
        text = self.request.query_params.get(name, "false")
        if text not in _TRUTH:
            raise ParameterError.of(name, "invalid", "Write true or false.")
        return _TRUTH[text]
