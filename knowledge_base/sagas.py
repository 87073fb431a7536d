"""Archiving or deleting an SOP together with what joins it to others.

Archiving comes first: an archived SOP cannot be edited, so nobody comes between the steps. Deleting
comes last, since what is deleted cannot be linked to any more: somebody who comes between the steps
makes it refuse, and then everything is put back.
"""

from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import InvalidTransition
from knowledge_base.models import Sop, SopReference
from knowledge_base.services.sops import archive_sop, delete_sop, refuse_deletion
from node_links.choices import EntityStatus
from node_links.events.recording import record_event
from node_links.models import Saga
from node_links.sagas.definitions import SagaContext, SagaDefinition, Step, sagas
from node_links.sagas.starting import start_saga
from node_links.services import entities
from node_links.services.links.removing import remove_links, restore_links


def start_archiving(
    *,
    actor: Actor,
    sop: Sop,
    reason: str = "",
    expected_revision: int | None = None,
    enqueue: bool = False,
) -> Saga:
    """Store the saga that archives `sop`, removes its links and lets references to it dangle.

    It waits for whoever runs it after the commit, with `enqueue` for a worker; else for the
    sweeper.
    """
    payload = _payload(sop, reason, expected_revision)
    return start_saga(actor=actor, name=ARCHIVE_SOP.name, payload=payload, enqueue=enqueue)


def start_deleting(
    *,
    actor: Actor,
    sop: Sop,
    reason: str = "",
    expected_revision: int | None = None,
    enqueue: bool = False,
) -> Saga:
    """Store the saga that removes the links of `sop`, and then deletes it.

    References to it dangle, as always after a deletion. What can be refused at once is: raises
    `Forbidden`, `InvalidTransition`, and `SopInUse` where it is a prerequisite, which is no link.
    `enqueue` as for archiving.
    """
    refuse_deletion(actor=actor, sop=sop, with_links=True)
    payload = _payload(sop, reason, expected_revision)
    return start_saga(actor=actor, name=DELETE_SOP.name, payload=payload, enqueue=enqueue)


def links_removed(saga: Saga) -> int:
    """Return how many links the completed saga has removed."""
    return len(saga.steps.get(name="remove_links").result["links"])


def _payload(sop: Sop, reason: str, expected_revision: int | None) -> dict[str, Any]:
    return {
        "sop_id": str(sop.pk),
        "reason": reason,
        "expected_revision": expected_revision,
    }


def _archive(context: SagaContext) -> dict[str, Any]:
    known = Sop.all_objects.visible_to(context.actor).filter(pk=_pk(context))
    previous = known.values_list("status", flat=True).select_for_update().first()
    archive_sop(
        actor=context.actor,
        pk=_pk(context),
        reason=context.payload["reason"],
        expected_revision=context.payload["expected_revision"],
    )
    return {"previous_status": previous}


def _reopen(context: SagaContext) -> None:
    """Give the SOP its former status; its revision rises, since others may have seen this one."""
    sop = _locked(context)
    if sop.status != EntityStatus.ARCHIVED:
        raise InvalidTransition(sop.status, detail="Somebody has opened it again.")
    sop.status = context.results["archive"]["previous_status"]
    entities.save_entity(sop, ["status"])
    record_event(
        actor=context.actor,
        entity=sop,
        event_type="SopRestored",
        data={"name": sop.title, "status": sop.status, "version": sop.version},
    )


def _remove_links(context: SagaContext) -> dict[str, Any]:
    return {"links": remove_links(actor=context.actor, entity=_locked(context))}


def _restore_links(context: SagaContext) -> None:
    restore_links(actor=context.actor, rows=context.results["remove_links"]["links"])


def _detach_references(context: SagaContext) -> dict[str, Any]:
    arriving = SopReference.objects.filter(
        organization_id=context.actor.tenant_id, target_id=_pk(context)
    ).exclude(sop_id=_pk(context))
    found = list(arriving.select_for_update(of=("self",)).values_list("pk", flat=True))
    SopReference.objects.filter(pk__in=found).update(target=None)
    return {"references": [str(pk) for pk in found]}


def _attach_references(context: SagaContext) -> None:
    """Let those references point here again that have found nothing else in the meantime."""
    detached = context.results["detach_references"]["references"]
    SopReference.objects.filter(pk__in=detached, target=None).update(target_id=_pk(context))


def _check(context: SagaContext) -> None:
    """Refuse before anything is taken away what deleting would refuse afterwards."""
    sop = entities.lock_entity(
        Sop,
        actor=context.actor,
        pk=_pk(context),
        expected_revision=context.payload["expected_revision"],
    )
    refuse_deletion(actor=context.actor, sop=sop, with_links=True)


def _delete(context: SagaContext) -> None:
    delete_sop(
        actor=context.actor,
        pk=_pk(context),
        reason=context.payload["reason"],
        expected_revision=context.payload["expected_revision"],
    )


def _locked(context: SagaContext) -> Sop:
    return entities.lock_entity(Sop, actor=context.actor, pk=_pk(context))


def _pk(context: SagaContext) -> UUID:
    return UUID(context.payload["sop_id"])


ARCHIVE_SOP = sagas.register(
    SagaDefinition(
        "archive_sop",
        (
            Step("archive", _archive, _reopen),
            Step("remove_links", _remove_links, _restore_links),
            Step("detach_references", _detach_references, _attach_references),
        ),
    )
)

DELETE_SOP = sagas.register(
    SagaDefinition(
        "delete_sop",
        (
            Step("check", _check),
            Step("remove_links", _remove_links, _restore_links),
            Step("delete", _delete),  # in one transaction with the references to it
        ),
    )
)
