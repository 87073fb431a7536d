"""The pages of function models."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from accounts.admin.operators import operator_of
from config.admin.base import OfTenant
from config.admin.display import NOTHING
from config.admin.theme import action, display
from function_models.admin import comparison, panels
from function_models.admin.actions import FunctionModelActions
from function_models.admin.filters import DependencyFilter, SizeFilter, length, saved_filters
from function_models.admin.forms import EDITABLE, FunctionModelForm
from function_models.models import CANVAS_FIELDS, FunctionModel
from function_models.services.models import ALWAYS_OPEN, create_model, update_model
from node_links.admin.life_cycle import (
    DeletedFilter,
    PublishedFilter,
    TagFilter,
    events_panel,
)
from node_links.choices import EntityStatus

_MODEL = ("name", "description", "process_type", "complexity_level", "estimated_duration", "tags")
_MORE = ("metadata", "ai_agent_config", "permissions")


@admin.register(FunctionModel)
class FunctionModelAdmin(OfTenant, FunctionModelActions):
    """Function models of all organisations."""

    form = FunctionModelForm
    create = staticmethod(create_model)
    update = staticmethod(update_model)
    warn_unsaved_form = True
    list_display = ("name", "tenant", "owner", "state", "version", "live", "nodes",
                    "dependencies", "updated_at")  # fmt: skip
    list_select_related = ("organization", "owner")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        TagFilter,
        ("owner", RelatedDropdownFilter),
        ("organization", RelatedDropdownFilter),
        DependencyFilter,
        PublishedFilter,
        SizeFilter,
        ("complexity_level", ChoicesDropdownFilter),
        DeletedFilter,
    )
    list_filter_submit = True
    list_before_template: ClassVar[str] = "admin/function_models/saved_filters.html"
    search_fields = ("name", "description")
    search_help_text = "Name, description, or the name of a node"
    readonly_fields = ("facts", "picture", "findings", "versions_tab", "events_tab")
    fieldsets = (
        (None, {"fields": ("facts",)}),
        ("Model", {"fields": ("picture", *_MODEL, "seen_revision", "overwrite"),
                   "classes": ("tab", "nl-beside-picture")}),
        ("Findings", {"fields": ("findings",), "classes": ("tab",)}),
        ("Versions", {"fields": ("versions_tab",), "classes": ("tab",)}),
        ("Metadata", {"fields": _MORE, "classes": ("tab",)}),
        ("Events", {"fields": ("events_tab",), "classes": ("tab",)}),
    )  # fmt: skip
    add_fieldsets = (
        ("Model", {"fields": ("tenant", *_MODEL), "classes": ("tab",)}),
        ("Metadata", {"fields": _MORE, "classes": ("tab",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FunctionModel]:
        """Read the deleted too; for the list, count nodes and leave the drawings out."""
        rows: QuerySet[FunctionModel] = super().get_queryset(request)
        rows = rows.select_related("organization", "owner")
        match = request.resolver_match
        if match is None or match.url_name != "function_models_functionmodel_changelist":
            return rows
        return rows.defer(*CANVAS_FIELDS, "context", "metadata", "ai_agent_config").annotate(
            _nodes=length("nodes_data"), _edges=length("edges_data")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find all the words in names, descriptions, and the names of the nodes."""
        found = FunctionModel.all_objects.saying(search_term.split()).values("pk")
        return (queryset.filter(pk__in=found) if search_term.strip() else queryset), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list below the prepared views of it."""
        views = {"saved_filters": saved_filters(request)}
        return super().changelist_view(request, {**views, **(extra_context or {})})

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> FunctionModel | None:
        """Return the model, and with it who looks at it."""
        model: FunctionModel | None = super().get_object(request, object_id, from_field)
        if model is not None:
            model.__dict__["_operator"] = operator_of(request, model.organization_id)
        return model

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Close what only an open draft may change."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None or obj.status == EntityStatus.DRAFT:
            return fields
        return (*fields, *(name for name in EDITABLE if name not in ALWAYS_OPEN))

    @display(description="Live", ordering="published_version")
    def live(self, model: FunctionModel) -> str:
        """Return the version that runs follow."""
        return model.published_version or NOTHING

    @display(description="Nodes", ordering="_nodes")
    def nodes(self, model: FunctionModel) -> int:
        """Return how many containers and actions are drawn."""
        return int(getattr(model, "_nodes", 0))

    @display(description="Dependencies", ordering="_edges")
    def dependencies(self, model: FunctionModel) -> int:
        """Return how many edges are drawn."""
        return int(getattr(model, "_edges", 0))

    @display(description="State")
    def facts(self, model: FunctionModel) -> SafeString:
        """Return what stands above the form."""
        return panels.facts_panel(model)

    @display(description="Picture")
    def picture(self, model: FunctionModel) -> SafeString:
        """Return the drawing."""
        return panels.picture_panel(model)

    @display(description="Findings")
    def findings(self, model: FunctionModel) -> SafeString:
        """Return what validation says of the drawing."""
        return panels.findings_panel(model.__dict__["_operator"], model)

    @display(description="Versions")
    def versions_tab(self, model: FunctionModel) -> SafeString:
        """Return what was published."""
        return panels.versions_panel(model)

    @display(description="Events")
    def events_tab(self, model: FunctionModel) -> SafeString:
        """Return what happened to it lately."""
        return events_panel(model)

    def has_copy_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Copy what is not deleted."""
        model = self.entity_of_page(request, object_id)
        return bool(model and not model.deleted_at) and self.has_add_permission(request)

    @action(description="Compare versions", icon="difference")
    def compare_versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what differs between two versions."""
        try:
            model = FunctionModel.all_objects.get(pk=object_id)
        except (FunctionModel.DoesNotExist, ValidationError) as error:
            raise Http404 from error
        return comparison.compare(request, model)
