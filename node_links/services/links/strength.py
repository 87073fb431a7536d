"""Calculating a link's strength: with metrics that were sent, gathered ones, or the last ones."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import NotFound
from node_links.audit.annotating import annotate
from node_links.choices import MetricsSource
from node_links.events.recording import NewEvent, record_events
from node_links.links.measuring import measure_links
from node_links.links.strength import METRICS, Metrics, compute_strength
from node_links.models import LinkStrengthCalculation, NodeLink
from node_links.services.links.permitting import require_editable

INTERACTION_PERIOD = timedelta(days=90)
"""How far back interactions with the ends of a link count."""

_SET = """
UPDATE node_links l SET link_strength = given.strength, revision = revision + 1, updated_at = now()
FROM unnest(%s::uuid[], %s::numeric[]) AS given(id, strength) WHERE l.link_id = given.id
"""


def calculate_strength(
    *, actor: Actor, link_id: UUID, metrics: Metrics | None = None
) -> LinkStrengthCalculation:
    """Compute a link's strength, store it, and return the calculation, which is kept for good.

    Without `metrics` they are gathered here and now. For whoever may edit the source's entity.
    Records `LinkStrengthUpdated` where the strength is another one now. Raises `NotFound` for a
    link that the actor does not see, `Forbidden`.
    """
    with joined_transaction():
        rows = NodeLink.objects.visible_to(actor).select_for_update(of=("self",))
        link = rows.filter(pk=link_id).first()
        if link is None:
            raise NotFound
        require_editable(actor, (link.source_feature, link.source_entity_id))
        source = MetricsSource.SUPPLIED
        if metrics is None:
            source = MetricsSource.GATHERED
            since = timezone.now() - INTERACTION_PERIOD
            metrics = measure_links(
                organization_id=link.organization_id, link_ids=[link.pk], since=since
            )[link.pk]
        return record_calculations(actor=actor, measured=[(link, metrics)], source=source)[0]


def record_calculations(
    *, actor: Actor, measured: Sequence[tuple[NodeLink, Metrics]], source: MetricsSource
) -> list[LinkStrengthCalculation]:
    """Compute and store the strength of locked links, and keep each calculation.

    The number of statements does not depend on the number of links.
    """
    made = [calculation_of(actor, link, metrics, source) for link, metrics in measured]
    LinkStrengthCalculation.objects.bulk_create(made)
    changed = [
        (link, calculation)
        for (link, _), calculation in zip(measured, made, strict=True)
        if link.link_strength != calculation.final_strength
    ]
    if changed:
        act = {"action": "calculate_strength", "source": source.value}
        with annotate(event_type="LinkStrengthUpdated", event_data=act):
            _set_strengths((link.pk, row.final_strength) for link, row in changed)
        record_events(actor=actor, events=[_event(link, row) for link, row in changed])
    return made


def last_calculations(link_ids: Iterable[UUID]) -> dict[UUID, LinkStrengthCalculation]:
    """Return the newest calculation of each link that has one."""
    rows = LinkStrengthCalculation.objects.filter(link_id__in=list(link_ids))
    newest = rows.order_by("link_id", "-pk").distinct("link_id")
    return {row.link_id: row for row in newest}


def metrics_of(calculation: LinkStrengthCalculation) -> Metrics:
    """Return the metrics that a calculation was made with."""
    return Metrics.of(*(getattr(calculation, name) for name in METRICS))


def calculation_of(
    actor: Actor | None, link: NodeLink, metrics: Metrics, source: MetricsSource
) -> LinkStrengthCalculation:
    """Return the calculation that these metrics make with the link's base; it is not stored yet."""
    strength = compute_strength(link.base_strength, metrics)
    return LinkStrengthCalculation(
        organization_id=link.organization_id,
        link=link,
        source=source,
        **metrics.as_floats(),
        base_strength=strength.base_strength,
        frequency_bonus=strength.frequency_bonus,
        semantic_bonus=strength.semantic_bonus,
        context_bonus=strength.context_bonus,
        final_strength=strength.final_strength,
        calculated_by_id=actor.user_id if actor else None,
    )


def _set_strengths(strengths: Iterable[tuple[UUID, Decimal]]) -> None:
    ids, values = zip(*strengths, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_SET, [list(ids), list(values)])


def _event(link: NodeLink, calculation: LinkStrengthCalculation) -> NewEvent:
    return NewEvent(
        link.source_feature,
        link.source_entity_id,
        "LinkStrengthUpdated",
        {
            "link_id": str(link.pk),
            "previous_strength": float(link.link_strength),
            "strength": float(calculation.final_strength),
            "metrics": metrics_of(calculation).as_floats(),
        },
        node_id=link.source_node_id,
    )
