"""What the index page says of function models."""

from django.db.models import Count, Q

from config.admin.dashboard import Section, Tile, register_section
from config.admin.display import list_address
from function_models.admin.filters import LIST
from function_models.models import FunctionModel
from node_links.choices import EntityStatus

_ICONS = {"draft": "edit_note", "published": "task_alt", "archived": "inventory_2"}


def _section() -> Section:
    statuses = {s.value: Count("pk", filter=Q(status=s)) for s in EntityStatus}
    counts = FunctionModel.objects.aggregate(
        all=Count("pk"),
        dangling=Count("pk", filter=~Q(dangling_references=[])),
        never=Count("pk", filter=Q(published_version=None)),
        **statuses,
    )
    by_status = [
        Tile(
            status.label,
            counts[status.value],
            list_address(LIST, status__exact=status.value),
            icon=_ICONS[status.value],
        )
        for status in EntityStatus
    ]
    dangling = counts["dangling"]
    return Section(
        "Function models",
        [
            Tile("Models", counts["all"], list_address(LIST), icon="account_tree"),
            *by_status,
            Tile("Never published", counts["never"], list_address(LIST, published="never"),
                 icon="new_releases"),
            Tile(
                "Dangling references",
                dangling,
                list_address(LIST, dependencies="dangling"),
                "models refer to what is not there" if dangling else "all is there",
                "warning" if dangling else "good",
                "link_off",
            ),
        ],
    )  # fmt: skip


register_section("function_models", 15, _section)
