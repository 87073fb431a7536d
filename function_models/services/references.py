"""Keeping the links derived from actions in step with the drawing (triggers, references, nested).

An action may refer to what is not there: a drawing may run ahead. Such references are noted with
the model, and linked as soon as what they mean appears.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.actors import Actor
from function_models.canvas.references import Reference, references_of
from function_models.models import FunctionModel
from node_links.links.drafts import Address
from node_links.links.finding import find_nodes
from node_links.services.links.derived import Wanted, sync_links_inside

Found = Mapping[Address, UUID]


def find_targets(model: FunctionModel) -> list[Wanted]:
    """Return the links that the actions of `model` want, as far as their targets are there.

    The others are noted in `dangling_references`, which the caller saves.
    """
    references = list(references_of(model.canvas))
    targets = {reference: target_of(reference) for reference in references}
    known = [target for target in targets.values() if target is not None]
    nodes = find_nodes(organization_id=model.organization_id, addresses=known) if known else {}
    found, dangling = [], set()
    for reference, target in targets.items():
        if target is not None and target in nodes:
            found.append(Wanted(reference.node_id, reference.link_type, target))
        else:
            dangling.add(key_of(reference.feature, reference.entity_id))
    model.dangling_references = sorted(dangling)
    return found


def link_targets(*, actor: Actor, model: FunctionModel, found: Iterable[Wanted]) -> None:
    """Make the derived links of the actions of `model` exactly those found."""
    sync_links_inside(actor=actor, source=model, wanted=found)


def heal_references(*, actor: Actor, feature: str, entity_id: UUID) -> int:
    """Link the actions that refer to an entity which has appeared; return in how many models."""
    waiting = FunctionModel.all_objects.filter(
        organization_id=actor.tenant_id,
        deleted_at=None,
        dangling_references__contains=[key_of(feature, str(entity_id))],
    )
    healed = 0
    for model in waiting.select_for_update(of=("self",)).order_by("pk"):
        found = find_targets(model)
        FunctionModel.all_objects.filter(pk=model.pk).update(
            dangling_references=model.dangling_references
        )
        link_targets(actor=actor, model=model, found=found)
        healed += 1
    return healed


def target_of(reference: Reference) -> Address | None:
    """Return the address that a reference names; None for what can be nobody's id."""
    try:
        return Address(reference.feature, UUID(reference.entity_id))
    except ValueError:
        return None


def key_of(feature: str, entity_id: str) -> str:
    """Return a reference as `dangling_references` holds it."""
    return f"{feature}:{entity_id.lower()}"
