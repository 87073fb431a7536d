"""Making the links by hand that a file tells of."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Conflict, NotFound
from function_models.exchange.record import ForeignEnd, LinkRecord, ModelRecord
from function_models.models import FunctionModel
from function_models.services.exchange.report import ImportedModel
from node_links.links.drafts import Address, LinkDraft
from node_links.services.links.creating import create_links


def link_imported(
    *,
    actor: Actor,
    pk: UUID,
    record: ModelRecord,
    ends: Mapping[ForeignEnd, UUID],
    imported: ImportedModel,
) -> None:
    """Make the links of `record` that are not here yet; count them, and tell of those that cannot
    be made.
    """
    drafts: list[LinkDraft] = []
    told: list[LinkRecord] = []
    for link in record.links:
        other = ends.get(replace(link.other, node_id=None))
        if other is None:
            imported.tell("dangling_link", _nobody(link), link.node_id or "")
        else:
            drafts.append(_draft(pk, link, other))
            told.append(link)
    if not drafts:
        return
    outcomes = create_links(actor=actor, drafts=drafts)
    for link, outcome in zip(told, outcomes, strict=True):
        match outcome.refusal:
            case None:
                imported.links += 1
            case Conflict():
                pass  # it is here already
            case NotFound():
                imported.tell("dangling_link", _nobody(link), link.node_id or "")
            case refusal:
                imported.tell("link_refused", f"{link.link_type}: {refusal.detail}")


def _draft(pk: UUID, link: LinkRecord, other_pk: UUID) -> LinkDraft:
    own = Address(FunctionModel.feature_type, pk, link.node_id)
    other = Address(link.other.feature, other_pk, link.other.node_id)
    source, target = (own, other) if link.leaves else (other, own)
    return LinkDraft(
        source,
        target,
        link.link_type,
        Decimal(link.base_strength),
        link.link_context,
        link.visual_properties,
        link.version_pin,
    )


def _nobody(link: LinkRecord) -> str:
    named = link.other.name or link.other.external_id
    return f"The {link.link_type} link leads to nothing here: {link.other.feature} {named}."
