"""Links between the pages of the demonstration content that a person would have made.

What the texts say of each other becomes links by itself; these say what no text says.
"""

from collections.abc import Collection
from decimal import Decimal

from accounts.actors import Actor
from knowledge_base.models import Sop
from node_links.links.drafts import Address, LinkDraft
from node_links.services.links.creating import create_links

# Source, type, target, base strength; pages by their paths.
LINKS = (
    ("operations/incident-response", "triggers", "operations/post-incident-review", "0.9"),
    ("operations/incident-response", "consumes", "operations/on-call-handover", "0.7"),
    ("operations/on-call-handover", "supports", "operations/incident-response", "0.65"),
    ("operations/backup-and-restore", "supports", "operations/incident-response", "0.8"),
    ("security/security-incident", "implements", "operations/incident-response", "0.75"),
    ("security/lost-device", "triggers", "security/security-incident", "0.85"),
    ("security/data-subject-request", "consumes", "operations/access-requests", "0.45"),
    ("engineering/database-changes", "consumes", "operations/backup-and-restore", "0.8"),
    ("engineering/release-process", "nested", "engineering/code-review", "0.6"),
    ("engineering/release-process", "triggers", "operations/on-call-handover", "0.5"),
    ("operations/post-incident-review", "produces", "engineering/database-changes", "0.3"),
    ("customers/complaint-handling", "triggers", "finance/refunds", "0.7"),
    ("customers/calibration-returns", "documents", "customers/complaint-handling", "0.4"),
    ("finance/procurement", "produces", "finance/invoice-approval", "0.9"),
    ("people/onboarding", "triggers", "operations/access-requests", "0.8"),
    ("people/offboarding", "triggers", "operations/access-requests", "0.8"),
    ("people/vacation-cover", "supports", "operations/on-call-handover", "0.35"),
)


def link_demo(*, actor: Actor, loaded: Collection[str]) -> int:
    """Link the demonstration's pages; return how many links were made.

    Only links with an end among `loaded`, the paths of the pages that have just come: what somebody
    has taken away meanwhile stays away.
    """
    rows = Sop.objects.visible_to(actor).exclude(source_path=None)
    pages = dict(rows.values_list("source_path", "pk"))
    drafts = []
    for source, link_type, target, strength in LINKS:
        ends = _path(source), _path(target)
        if not any(end in loaded for end in ends) or not all(end in pages for end in ends):
            continue
        one, other = (Address(Sop.feature_type, pages[end]) for end in ends)
        drafts.append(LinkDraft(one, other, link_type, Decimal(strength)))
    outcomes = create_links(actor=actor, drafts=drafts)
    return sum(outcome.refusal is None for outcome in outcomes)


def _path(page: str) -> str:
    return f"handbook/{page}.md"
