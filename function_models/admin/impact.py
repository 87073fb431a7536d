"""What an act would do, told before it is done: risk, links, findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.actors import Actor
from function_models.admin.panels import node_name
from function_models.models import FunctionModel
from function_models.services.archiving import assess_impact
from function_models.services.deleting import assess_recovery
from function_models.services.validating import validate_model
from function_models.validation.findings import Finding
from node_links.admin.entities import entity_link
from node_links.graph.integrity import Integrity, Operation, check_integrity
from node_links.graph.nodes import Address, GraphNode

LINKS_SHOWN = 12
_FINDINGS_SHOWN = 12
_TONES = {"low": "good", "medium": "warning", "high": "bad"}
_SENTENCES = {
    "published": "It has been published.",
    "recently_published": "It was published less than 30 days ago.",
    "critical_links": "One of its links is critical: strong, or it implements or triggers.",
    "many_links": "More than 5 links touch it.",
    "many_nodes": "It has more than 20 nodes.",
    "many_critical_links": "More than 3 of its links are critical.",
    "very_many_links": "More than 10 links touch it.",
    "very_many_nodes": "It has more than 50 nodes.",
    "recovery_expired": "The time in which it could be restored is over.",
    "duplicate": "Another model has taken its name: restore it under another one.",
    "missing_reference": "Something that it refers to is gone.",
}
"""What each code of a risk, and of a recovery, means."""


@dataclass(frozen=True, slots=True)
class TouchedLink:
    """A link that would be touched; ends are names, or links to their pages."""

    link_type: str
    source: str
    target: str
    strength: float


@dataclass(frozen=True, slots=True)
class About:
    """What stands above a dialogue: a head in a tone (`good`, `warning`, `bad`), reasons, links,
    and findings with the names of their nodes; of both, how many more there are.
    """

    tone: str
    head: str
    reasons: Sequence[str] = ()
    links: Sequence[TouchedLink] = ()
    more_links: int = 0
    findings: Sequence[tuple[str, Finding]] = ()
    more_findings: int = 0


def of_archiving(actor: Actor, model: FunctionModel) -> About:
    """Return the risk of archiving and the links that it weakens."""
    found = assess_impact(actor=actor, model=model)
    touched = _touched(actor, model, Operation.ARCHIVE)
    return About(
        tone=_TONES[found.risk],
        head=f"Risk: {found.risk}. {_count(found.affected_nodes, 'node')} and "
        f"{_count(found.affected_links, 'link')} are affected.",
        reasons=[_SENTENCES[code] for code in found.reasons],
        links=_links(touched),
        more_links=max(found.affected_links - LINKS_SHOWN, 0),
    )


def of_deleting(actor: Actor, model: FunctionModel) -> About:
    """Return the links that deleting breaks, and what is left of the integrity of its links."""
    touched = _touched(actor, model, Operation.DELETE)
    whole = not touched.broken
    return About(
        tone="good" if whole else "bad" if touched.critical else "warning",
        head="No link leads to it or from it."
        if whole
        else f"{_count(touched.broken, 'link')} will be broken until it is restored; "
        f"integrity {touched.score:.1f} of 1.",
        reasons=[f"{touched.critical} of them critical."] if touched.critical else [],
        links=_links(touched),
        more_links=max(touched.broken - LINKS_SHOWN, 0),
    )


def of_publishing(actor: Actor, model: FunctionModel) -> About:
    """Return what stands in the way of publication, or else what is doubtful."""
    report = validate_model(actor=actor, model=model).report
    number = f"It will be version {model.version}."
    if report.blocking:
        head = f"{_count(len(report.blocking), 'finding')} in the way of publication."
        return _with_findings("bad", head, model, report.blocking)
    if report.warnings:
        head = f"{number} {_count(len(report.warnings), 'warning')}; none stands in the way."
        return _with_findings("warning", head, model, report.warnings)
    return About("good", f"{number} Nothing stands in the way.")


def of_restoring(actor: Actor, model: FunctionModel) -> About:
    """Return whether the model may come back."""
    found = assess_recovery(actor=actor, pk=model.pk)
    tones = {"eligible": "good", "requires_repair": "warning", "expired": "bad"}
    return About(
        tone=tones[found.status],
        head=f"Can be restored until {found.recoverable_until:%d %b %Y, %H:%M}.",
        reasons=[_SENTENCES[code] for code in found.blocking_reasons],
    )


def _with_findings(
    tone: str, head: str, model: FunctionModel, findings: Sequence[Finding]
) -> About:
    return About(
        tone,
        head,
        findings=[(node_name(model.canvas, one), one) for one in findings[:_FINDINGS_SHOWN]],
        more_findings=max(len(findings) - _FINDINGS_SHOWN, 0),
    )


def _touched(actor: Actor, model: FunctionModel, operation: Operation) -> Integrity:
    address = Address(model.feature_type, model.pk)
    return check_integrity(actor=actor, address=address, operation=operation, limit=LINKS_SHOWN)


def _links(found: Integrity) -> list[TouchedLink]:
    return [
        TouchedLink(link.link_type, _end(link.source), _end(link.target), link.link_strength)
        for link, _ in found.affected_links
    ]


def _end(node: GraphNode) -> str:
    return entity_link(node.feature, node.entity_id, node.name or node.node_type)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
