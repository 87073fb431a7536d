"""How risky it is to archive an entity, out of a few counts: rules without a database."""

from dataclasses import dataclass
from enum import StrEnum

CRITICAL_STRENGTH = 0.7
"""A link that is stronger than this is critical."""

CRITICAL_TYPES = ("implements", "triggers")
"""Links of these types are critical, however weak."""

RECENT_DAYS = 30


class Risk(StrEnum):
    """How much harm archiving may do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class ArchiveRisk:
    """The highest risk of all conditions that are met, and a code for each of them."""

    risk: Risk
    reasons: list[str]


def assess_archive_risk(
    *, days_since_publication: float | None, critical_links: int, links: int, nodes: int
) -> ArchiveRisk:
    """Return the risk of archiving: the maximum over all conditions.

    Args:
        days_since_publication: since the last one; None where it has never been published.
        critical_links: manual or derived links of the entity or a node in it that are critical.
        links: all manual or derived ones, these included.
        nodes: nodes drawn inside the entity.
    """
    published = days_since_publication is not None
    medium = {
        "published": published,
        "recently_published": published and (days_since_publication or 0) < RECENT_DAYS,
        "critical_links": critical_links >= 1,
        "many_links": links > 5,
        "many_nodes": nodes > 20,
    }
    high = {
        "many_critical_links": critical_links > 3,
        "very_many_links": links > 10,
        "very_many_nodes": nodes > 50,
    }
    reasons = [code for code, met in (medium | high).items() if met]
    if any(high.values()):
        return ArchiveRisk(Risk.HIGH, reasons)
    return ArchiveRisk(Risk.MEDIUM if reasons else Risk.LOW, reasons)
