"""The audit trail over REST: of the organisation, and of one entity."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    UUIDFilter,
)
from rest_framework import mixins, serializers

from accounts.api.callers import CallerMixin
from config.api.filters import FilterSet
from config.api.pagination import CursorPagination
from config.api.views import GenericViewSet
from node_links.audit.reading import readable_trail
from node_links.choices import AuditOperation
from node_links.models import AuditLog
from node_links.querysets import AuditQuerySet


class AuditLogSerializer(serializers.ModelSerializer[AuditLog]):
    """One change of one row. INSERT has no old data, DELETE no new; secrets are `[redacted]`."""

    audit_id = serializers.UUIDField(source="id", read_only=True)
    changed_by = serializers.UUIDField(source="changed_by_id", read_only=True, allow_null=True)
    old_data = serializers.DictField(read_only=True, allow_null=True)
    new_data = serializers.DictField(read_only=True, allow_null=True)
    event_data = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = AuditLog
        fields = (
            "audit_id",
            "table_name",
            "operation",
            "record_id",
            "old_data",
            "new_data",
            "changed_fields",
            "changed_by",
            "changed_at",
            "event_type",
            "event_data",
            "execution_id",
            "model_id",
            "request_id",
        )
        read_only_fields = fields


class AuditPagination(CursorPagination):
    """Newest first: ids are made of the time, to the microsecond."""

    ordering = "-id"


class AuditFilters(FilterSet):
    """`?table_name=`, `?record_id=`, `?operation=`, who, in which run and request, and when."""

    table_name = CharFilter()
    record_id = CharFilter()
    operation = ChoiceFilter(choices=AuditOperation.choices)
    changed_by = UUIDFilter(field_name="changed_by_id")
    execution_id = UUIDFilter()
    request_id = CharFilter()
    # Python keeps the first name for itself.
    locals()["from"] = IsoDateTimeFilter(
        field_name="changed_at", method="filter_since", label="At or after."
    )
    to = IsoDateTimeFilter(field_name="changed_at", method="filter_before", label="Before.")

    class Meta:
        model = AuditLog
        fields = ()

    def filter_since(self, rows: AuditQuerySet, name: str, value: datetime) -> AuditQuerySet:
        """Keep what happened at that moment or later."""
        return rows.since(value)

    def filter_before(self, rows: AuditQuerySet, name: str, value: datetime) -> AuditQuerySet:
        """Keep what happened earlier."""
        return rows.before(value)


class AuditLogViewSet(CallerMixin, mixins.ListModelMixin, GenericViewSet):
    """Who changed what: all of it for owners and admins, one's own acts for everybody else.

    With `record_id`, those who may read the trail of that entity see what others did to it.
    """

    queryset = AuditLog.objects.none()
    serializer_class = AuditLogSerializer
    filterset_class = AuditFilters
    pagination_class = AuditPagination
    sensitive: ClassVar[dict[str, str]] = {"list": "read_audit_trail"}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the caller may read."""
        return readable_trail(self.actor, record_id=self.request.query_params.get("record_id"))
