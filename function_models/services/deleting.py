"""Deleting a model: hidden for a while, brought back, or gone for good when its time is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor, system_actor
from accounts.tenancy import scope, system_scope
from config.db import joined_transaction
from config.exceptions import Conflict
from function_models.canvas.references import references_of
from function_models.models import FunctionModel
from function_models.retention import DEFAULT_DAYS, retention_from
from function_models.services.models import unique_name
from function_models.services.references import find_targets, link_targets
from function_models.services.validating import targets_of
from node_links.audit.annotating import annotate
from node_links.choices import EntityStatus, LinkOrigin
from node_links.events.recording import record_event
from node_links.models import NodeLink, NodeMetadata
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.links.removing import remove_links
from node_links.services.versions import require_status

CLEARED = {
    "deletion_reason": None,
    "retention_days": None,
    "review_at": None,
    "hard_delete_at": None,
}


@dataclass(frozen=True, slots=True)
class Recovery:
    """Whether a deleted model may come back, and what stands in the way."""

    status: str
    blocking_reasons: list[str]
    complexity: str
    recoverable_until: Any


def delete_model(
    *,
    actor: Actor,
    pk: UUID,
    reason: str = "",
    retention_days: int = DEFAULT_DAYS,
    enforce_referential_integrity: bool = False,
    compliance: dict[str, str | None] | None = None,
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> None:
    """Hide a model, keeping everything for `retention_days`.

    `compliance` is noted in the audit trail. Raises `NotFound`, `Forbidden`, `RevisionConflict`,
    `InvalidTransition` (archived), `Conflict` (`in_use`, where integrity is enforced).
    """
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.ADMINISTER)
        require_status(model, EntityStatus.DRAFT, EntityStatus.PUBLISHED)
        if enforce_referential_integrity:
            _require_unused(actor, model)
        kept = retention_from(timezone.now(), retention_days)
        entities.soft_delete_entity(
            actor=actor,
            entity=model,
            reason=reason,
            also={
                "deletion_reason": reason or None,
                "retention_days": kept.days,
                "review_at": kept.review_at,
                "hard_delete_at": kept.hard_delete_at,
            },
            told={
                "retention_days": kept.days,
                "hard_delete_at": kept.hard_delete_at.isoformat(),
            },
            preserved={
                "node_count": len(model.nodes_data),
                "action_count": len(model.canvas.actions),
            },
            act=compliance,
        )


def restore_model(
    *, actor: Actor, pk: UUID, name: str | None = None, expected_revision: int | None = None
) -> FunctionModel:
    """Undo a deletion; under another `name`, where the old one has been taken meanwhile.

    Raises as `entities.restore_entity`, and `Conflict` (`duplicate`).
    """
    with joined_transaction():
        deleted = entities.lock_deleted(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision
        )
        renamed = {} if name is None else {"name": name}
        for field, value in renamed.items():
            setattr(deleted, field, value)
        with unique_name(deleted):
            model = entities.restore_entity(
                FunctionModel,
                actor=actor,
                pk=pk,
                expected_revision=expected_revision,
                also={**CLEARED, **renamed},
            )
        if next(references_of(model.canvas), None) is not None:
            _follow_references(actor, model)
    return model


def assess_recovery(*, actor: Actor, pk: UUID) -> Recovery:
    """Return whether a deleted model may come back.

    A reference whose target is gone needs repair and stops nothing; a name taken meanwhile asks for
    another. Raises as `entities.lock_deleted`.
    """
    model = entities.lock_deleted(FunctionModel, actor=actor, pk=pk, lock=False)
    references = list(references_of(model.canvas))
    there = targets_of(actor=actor, references=references)
    missing = any((one.feature, one.entity_id) not in there for one in references)
    taken = FunctionModel.objects.visible_to(actor).named(model.name).exists()
    expired = entities.is_expired(model)
    reasons = {"recovery_expired": expired, "duplicate": taken, "missing_reference": missing}
    return Recovery(
        status="expired" if expired else "requires_repair" if missing or taken else "eligible",
        blocking_reasons=[code for code, met in reasons.items() if met],
        complexity="high" if missing else "low",
        recoverable_until=entities.recoverable_until(model),
    )


def purge_models() -> int:
    """Remove for good the models whose retention is over; return how many."""
    return sum(_purge(pk, organization_id) for pk, organization_id in _due())


def _follow_references(actor: Actor, model: FunctionModel) -> None:
    """Look again for what the actions refer to: it may have come or gone meanwhile."""
    found = find_targets(model)
    FunctionModel.all_objects.filter(pk=model.pk).update(
        dangling_references=model.dangling_references
    )
    link_targets(actor=actor, model=model, found=found)


def _due() -> Iterator[tuple[UUID, UUID]]:
    with system_scope():
        rows = FunctionModel.all_objects.deleted().filter(hard_delete_at__lte=timezone.now())
        yield from list(rows.order_by("hard_delete_at").values_list("pk", "organization_id"))


def _purge(pk: UUID, organization_id: UUID) -> bool:
    actor = system_actor(organization_id)
    with scope(actor):
        rows = FunctionModel.all_objects.deleted().filter(hard_delete_at__lte=timezone.now())
        model = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
        if model is None:
            return False
        data = {"name": model.name, "deleted_at": f"{model.deleted_at:%Y-%m-%dT%H:%M:%S.%f%z}"}
        act = {
            "action": "purge",
            **data,
            "status": model.status,
            "version": model.version,
            "days_deleted": entities.days_deleted(model),
        }
        record_event(actor=actor, entity=model, event_type="FunctionModelPurged", data=data)
        with annotate(event_type="FunctionModelPurged", event_data=act):
            remove_links(actor=actor, entity=model)
            NodeMetadata.objects.of_entity(model.feature_type, model.pk).delete()
            FunctionModel.all_objects.filter(pk=model.pk).delete()
    return True


def _require_unused(actor: Actor, model: FunctionModel) -> None:
    links = (
        NodeLink.objects.visible_to(actor)
        .arriving_at(model.feature_type, model.pk)
        .exclude(origin=LinkOrigin.RUNTIME)
        .exclude(source_feature=model.feature_type, source_entity_id=model.pk)
    )
    users = [
        {
            "kind": link.link_type,
            "feature": link.source_feature,
            "entity_id": str(link.source_entity_id),
            "node_id": link.source_node_id,
        }
        for link in links.order_by("pk")
    ]
    if users:
        raise Conflict("Others rely on this model.", code="in_use", extra={"users": users})
