"""Bringing the strength of all links of an organisation up to date, in the background."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import system_actor
from accounts.tenancy import system_scope
from node_links.choices import MetricsSource
from node_links.links.measuring import measure_links
from node_links.models import NodeLink
from node_links.services.links.strength import (
    INTERACTION_PERIOD,
    last_calculations,
    metrics_of,
    record_calculations,
)

LINKS_PER_TRANSACTION = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction of the work came to: links looked at, links written."""

    seen: int
    written: int


def count_links(organization_id: UUID) -> int:
    """Return how many links `gather_strengths` would look at."""
    with system_scope(organization_id) as actor:
        return NodeLink.objects.visible_to(actor).count()


def gather_strengths(organization_id: UUID) -> Iterator[Step]:
    """Gather the metrics of every link and compute what has changed; yield each step.

    A link whose metrics are what they were is left alone: no row, no event. So is one whose last
    metrics somebody sent: they stand until others are sent, or gathering is asked for. Each step is
    a transaction of its own, so that nobody who changes links waits for long.
    """
    since = timezone.now() - INTERACTION_PERIOD
    last: UUID | None = None
    while True:
        with system_scope(organization_id) as actor:
            rows = NodeLink.objects.visible_to(actor)
            rows = rows.filter(pk__gt=last) if last else rows
            locked = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
            links = list(locked[:LINKS_PER_TRANSACTION])
            written = _gather(organization_id, links, since) if links else 0
        if not links:
            return
        last = links[-1].pk
        yield Step(len(links), written)


def _gather(organization_id: UUID, links: list[NodeLink], since: datetime) -> int:
    before = last_calculations(link.pk for link in links)
    gathered = [
        link
        for link in links
        if link.pk not in before or before[link.pk].source == MetricsSource.GATHERED
    ]
    found = measure_links(
        organization_id=organization_id, link_ids=[link.pk for link in gathered], since=since
    )
    changed = [
        (link, found[link.pk])
        for link in gathered
        if link.pk not in before or metrics_of(before[link.pk]) != found[link.pk]
    ]
    record_calculations(
        actor=system_actor(organization_id), measured=changed, source=MetricsSource.GATHERED
    )
    return len(changed)
