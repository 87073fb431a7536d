"""What the index page says of the graph, its index and its events."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.timesince import timesince

from config.admin.dashboard import Section, Tile, bars, register_section
from config.admin.display import list_address
from node_links.admin.orphans import orphans
from node_links.models import DirtyNode, LinkDrift, NodeEvent, NodeLink, NodeMetadata
from node_links.search.embedders import get_embedder

_HOURS = 24
_MOST_COUNTED = 1000


def _graph() -> Section:
    now = timezone.now()
    hours = _events_by_hour(now)
    happened = sum(count for _, count in hours)
    return Section(
        "Graph",
        [
            Tile(
                "Nodes",
                NodeMetadata.objects.filter(deleted_at=None).count(),
                list_address("node_links_nodemetadata", deleted_at__isempty=1),
                icon="hub",
            ),
            Tile(
                "Links",
                NodeLink.objects.count(),
                list_address("node_links_nodelink"),
                icon="arrow_split",
            ),
            *_link_tiles(),
            Tile(
                "Events in 24 hours",
                happened,
                list_address("node_links_nodeevent", period="day"),
                icon="history",
            ),
            *_index_tiles(now),
        ],
        bars=bars(hours),
        bars_title="Events by hour (UTC)",
    )


def _link_tiles() -> list[Tile]:
    """Count what deserves a look, and no further than somebody would read."""
    alone = orphans(NodeMetadata.objects.order_by())[: _MOST_COUNTED + 1].count()
    drifted = LinkDrift.objects.count()
    return [
        Tile(
            "Orphans",
            alone if alone <= _MOST_COUNTED else f"{_MOST_COUNTED}+",
            list_address("node_links_nodemetadata", links="none"),
            "entities without a link" if alone else "everything is linked",
            icon="scatter_plot",
        ),
        Tile(
            "Drifted links",
            drifted,
            list_address("node_links_nodelink", drift="any"),
            "their targets moved on" if drifted else "every pin holds",
            "warning" if drifted else "good",
            "sync_problem",
        ),
    ]


def _events_by_hour(now: datetime) -> list[tuple[str, int]]:
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS - 1)
    rows = (
        NodeEvent.objects.filter(timestamp__gte=first)
        .order_by()
        .annotate(hour=TruncHour("timestamp"))
        .values("hour")
        .annotate(n=Count("pk"))
    )
    counted = {row["hour"]: row["n"] for row in rows}
    hours = [first + timedelta(hours=n) for n in range(_HOURS)]
    return [(f"{hour:%H:00}", counted.get(hour, 0)) for hour in hours]


def _index_tiles(now: datetime) -> list[Tile]:
    failing = Q(attempts__gt=0) & ~Q(last_error="")
    found: dict[str, Any] = DirtyNode.objects.aggregate(
        waiting=Count("pk"), oldest=Min("marked_at"), failing=Count("pk", filter=failing)
    )
    size = found["waiting"]
    age = f"oldest waits {timesince(found['oldest'], now)}" if size else "everything is embedded"
    old = bool(size) and now - found["oldest"] > timedelta(minutes=10)
    failures = found["failing"]
    return [
        Tile(
            "Index backlog",
            size,
            list_address("node_links_dirtynode"),
            age,
            "warning" if old else "good",
            "hourglass_top",
        ),
        Tile(
            "Embedder",
            settings.EMBEDDER,
            list_address("node_links_dirtynode", failed="yes"),
            f"does not answer for {failures} nodes" if failures else get_embedder().model,
            "bad" if failures else "good",
            "neurology",
        ),
    ]


register_section("graph", 20, _graph)
