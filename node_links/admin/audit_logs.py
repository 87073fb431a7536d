"""Who changed what, with what it was before."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter, RelatedDropdownFilter
from unfold.paginator import InfinitePaginator

from config.admin.base import ReadOnlyAdmin
from config.admin.display import NOTHING, panel, pretty_json
from config.admin.theme import display
from node_links.admin.entities import entity_link
from node_links.audit.differences import differences
from node_links.models import AuditLog
from node_links.registry import features

_SHOWN = 4


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyAdmin):
    """The audit trail; a trigger keeps everybody from changing it."""

    paginator = InfinitePaginator  # nobody counts millions of rows to show fifty
    list_display = ("changed_at", "operation", "table_name", "what", "changed_by", "tenant",
                    "event_type")  # fmt: skip
    list_select_related = ("organization", "changed_by")
    list_filter = (
        ("changed_at", RangeDateTimeFilter),
        "operation",
        "table_name",
        ("organization", RelatedDropdownFilter),
        ("changed_by", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("=record_id", "=request_id", "=model_id")
    search_help_text = "The id of a row, of an entity or of a request"
    fields = ("changed_at", "operation", "table_name", "record_id", "entity", "tenant",
              "changed_by", "event_type", "act", "changes", "request_id",
              "execution_id")  # fmt: skip
    readonly_fields = ("entity", "tenant", "act", "changes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditLog]:
        """Read organisation and person along."""
        rows: QuerySet[AuditLog] = super().get_queryset(request)
        return rows.select_related("organization", "changed_by")

    @display(description="Organisation")
    def tenant(self, row: AuditLog) -> str:
        """Return its name; some rows belong to none, and some to one that is gone."""
        return NOTHING if row.organization is None else row.organization.name

    @display(description="Fields")
    def what(self, row: AuditLog) -> str:
        """Return the changed fields, or what the row was called."""
        if row.changed_fields:
            more = " …" if len(row.changed_fields) > _SHOWN else ""
            return ", ".join(row.changed_fields[:_SHOWN]) + more
        data = row.new_data or row.old_data or {}
        named = (data.get(key) for key in ("title", "name", "type_name", "email", "version"))
        return next((str(name) for name in named if name), row.record_id)

    @display(description="Entity")
    def entity(self, row: AuditLog) -> SafeString | str:
        """Return a link to the entity whose trail this belongs to."""
        if row.model_id is None:
            return NOTHING
        tables = {feature.model._meta.db_table: feature for feature in features.all()}
        feature = tables.get(row.table_name)
        if feature is None:
            return str(row.model_id)
        return entity_link(feature.feature_type, row.model_id, str(row.model_id))

    @display(description="Act")
    def act(self, row: AuditLog) -> SafeString | str:
        """Return what the service said of it."""
        return pretty_json(row.event_data) if row.event_data else NOTHING

    @display(description="Changes")
    def changes(self, row: AuditLog) -> SafeString:
        """Return each field before and after."""
        return panel("admin/nodeloom/differences.html", differences=differences(row))
