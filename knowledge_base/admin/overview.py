"""What the index page says of SOPs."""

from django.db.models import Count, Q

from config.admin.dashboard import Section, Tile, register_section
from config.admin.display import list_address
from knowledge_base.admin.filters import published_lately
from knowledge_base.models import Sop, SopReference
from node_links.choices import EntityStatus

_LIST = "knowledge_base_sop"
_ICONS = {"draft": "edit_note", "published": "task_alt", "archived": "inventory_2"}


def _section() -> Section:
    counts = Sop.objects.aggregate(
        all=Count("pk"), **{s.value: Count("pk", filter=Q(status=s)) for s in EntityStatus}
    )
    lately = published_lately().filter(entity__deleted_at=None).values("entity").distinct().count()
    dangling = SopReference.objects.dangling().filter(sop__deleted_at=None).count()
    return Section(
        "Knowledge",
        [
            Tile("SOPs", counts["all"], list_address(_LIST), icon="menu_book"),
            *(
                Tile(
                    status.label,
                    counts[status.value],
                    list_address(_LIST, status__exact=status.value),
                    icon=_ICONS[status.value],
                )
                for status in EntityStatus
            ),
            Tile(
                "Published in 7 days",
                lately,
                list_address(_LIST, published="week"),
                icon="event_available",
            ),
            Tile(
                "Dangling links",
                dangling,
                list_address(_LIST, references="dangling"),
                "lead nowhere yet" if dangling else "all lead somewhere",
                "warning" if dangling else "good",
                "link_off",
            ),
        ],
    )


register_section("knowledge", 10, _section)
