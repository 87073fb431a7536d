"""By what the list of models can be narrowed, and prepared ways to narrow it."""

from dataclasses import dataclass

from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest

from config.admin.display import list_address
from function_models.models import FunctionModel
from node_links.admin.life_cycle import Options
from node_links.choices import EntityStatus

LIST = "function_models_functionmodel"
MANY_NODES = 50


def length(column: str) -> Func:
    """Return how many elements the JSON array in a column has; the array stays where it is."""
    return Func(F(column), function="jsonb_array_length", output_field=IntegerField())


class DependencyFilter(admin.SimpleListFilter):
    """Models whose containers depend on each other, or whose actions refer to something."""

    title = "dependencies"
    parameter_name = "dependencies"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer the kinds."""
        return [
            ("yes", "Containers depend on each other"),
            ("no", "No container depends on another"),
            ("dangling", "Some references dangle"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FunctionModel]
    ) -> QuerySet[FunctionModel]:
        """Narrow the list."""
        match self.value():
            case "yes":
                return queryset.exclude(edges_data=[])
            case "no":
                return queryset.filter(edges_data=[])
            case "dangling":
                return queryset.exclude(dangling_references=[])
        return queryset


class SizeFilter(admin.SimpleListFilter):
    """Models by how many nodes are drawn in them."""

    title = "size"
    parameter_name = "size"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer the ends."""
        return [("empty", "Nothing drawn"), ("large", f"More than {MANY_NODES} nodes")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FunctionModel]
    ) -> QuerySet[FunctionModel]:
        """Narrow the list."""
        if self.value() == "large":
            return queryset.alias(_size=length("nodes_data")).filter(_size__gt=MANY_NODES)
        return queryset.filter(nodes_data=[]) if self.value() == "empty" else queryset


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A view of the list under a name."""

    label: str
    icon: str
    address: str
    chosen: bool


def saved_filters(request: HttpRequest) -> list[SavedFilter]:
    """Return the prepared views, and which of them is shown."""
    views: list[tuple[str, str, dict[str, object]]] = [
        ("All", "list", {}),
        ("Open drafts", "edit_note", {"status__exact": EntityStatus.DRAFT.value}),
        ("Live", "task_alt", {"status__exact": EntityStatus.PUBLISHED.value}),
        ("Never published", "new_releases", {"published": "never"}),
        ("Published lately", "event_available", {"published": "week"}),
        ("With dependencies", "account_tree", {"dependencies": "yes"}),
        ("Dangling references", "link_off", {"dependencies": "dangling"}),
        ("Large", "expand", {"size": "large"}),
        ("Mine", "person", {"owner__id__exact": request.user.pk}),
        ("Archived", "inventory_2", {"status__exact": EntityStatus.ARCHIVED.value}),
        ("Deleted", "delete", {"deleted": "yes"}),
    ]
    asked = {name: value for name, value in request.GET.items() if name not in ("p", "o", "q")}
    return [
        SavedFilter(
            label,
            icon,
            list_address(LIST, **query),
            asked == {name: str(value) for name, value in query.items()},
        )
        for label, icon, query in views
    ]
