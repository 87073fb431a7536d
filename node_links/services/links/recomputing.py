"""The strength of links whose base is another one now, with the metrics of the last calculation."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from node_links.choices import MetricsSource
from node_links.links.strength import Metrics, compute_strength
from node_links.models import LinkStrengthCalculation, NodeLink
from node_links.services.links.strength import calculation_of, last_calculations, metrics_of


class Recomputing:
    """Computes the strengths of some locked links again, with two statements for all of them.

    The last calculations are read when the first one is asked for; what was calculated is written
    by `keep()`, together. Without an earlier calculation the strength of a link is its base.
    """

    def __init__(self, link_ids: Iterable[UUID]) -> None:
        """Remember which links may be asked for."""
        self._link_ids = list(link_ids)
        self._made: list[LinkStrengthCalculation] = []

    @cached_property
    def _last(self) -> dict[UUID, LinkStrengthCalculation]:
        return last_calculations(self._link_ids)

    def strength_of(self, link: NodeLink) -> Decimal:
        """Return the strength that `link.base_strength` makes.

        Raises `ValidationFailed` (`invalid`) for a base outside of 0..1.
        """
        last = self._last.get(link.pk)
        if last is None:
            return compute_strength(link.base_strength, Metrics.of(0, 0, 0)).base_strength
        made = calculation_of(None, link, metrics_of(last), MetricsSource(last.source))
        self._made.append(made)
        return made.final_strength

    def keep(self) -> None:
        """Write what was calculated."""
        if self._made:
            LinkStrengthCalculation.objects.bulk_create(self._made)
            self._made.clear()


def recompute_strength(*, link: NodeLink) -> Decimal:
    """Give a locked link the strength that its base has with the last metrics; return it.

    The strength is set on `link` and left for the caller to save together with the base; what was
    calculated is kept. Raises as `Recomputing.strength_of`.
    """
    recomputing = Recomputing([link.pk])
    link.link_strength = recomputing.strength_of(link)
    recomputing.keep()
    return link.link_strength
