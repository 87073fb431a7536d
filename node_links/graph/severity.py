"""How hard a change hits what lies at the end of a way of links.

    carried(link)  = max(strength, 0.8) if the link implements or triggers, else strength
    score(way)     = product of carried(link) over the links of the way
    severity       = high if score >= 0.7, low if score <= 0.3, else medium

The limits are those between strong, moderate and weak links, so that over one link the severity
says how strong it is. What implements or is triggered fails with the other, however weak the link:
the types that are critical when an entity is archived. Every further link takes its share away.
"""

from enum import StrEnum

from node_links.graph.archive_risk import CRITICAL_TYPES

CRITICAL_CARRIES = 0.8
_STRONG, _WEAK = 0.7, 0.3


class Severity(StrEnum):
    """How hard a change hits."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def carried(link_type: str, strength: float) -> float:
    """Return the share of a change, 0..1, that a link carries on."""
    return max(strength, CRITICAL_CARRIES) if link_type in CRITICAL_TYPES else strength


def severity_of(score: float) -> Severity:
    """Return the severity of a way with this score, 0..1."""
    rounded = round(score, 4)
    if rounded >= _STRONG:
        return Severity.HIGH
    return Severity.LOW if rounded <= _WEAK else Severity.MEDIUM
