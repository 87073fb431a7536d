"""Archiving a model: what it would do to others, and what becomes of its links."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict
from function_models.models import FunctionModel
from node_links.choices import EntityStatus
from node_links.graph.archive_risk import Risk, assess_archive_risk
from node_links.graph.integrity import Operation, touched_links
from node_links.graph.kinds import link_kinds
from node_links.graph.nodes import Address
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.links.removing import remove_links
from node_links.services.versions import require_status

logger = structlog.get_logger(__name__)
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Impact:
    """What archiving a model puts at risk, with a code for each condition that is met.

    `affected_nodes` counts containers and actions, `affected_links` the manual and derived links of
    the model and its nodes.
    """

    risk: str
    reasons: list[str]
    affected_nodes: int
    affected_links: int


@dataclass(frozen=True, slots=True)
class Archiving:
    """A model that has just been archived. `links_removed` is None where removing them failed."""

    model: FunctionModel
    previous_status: str
    impact: Impact
    links_removed: int | None


def archive_model(
    *,
    actor: Actor,
    pk: UUID,
    reason: str = "",
    enforce_risk_assessment: bool = False,
    cleanup_links: bool = False,
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> Archiving:
    """Archive a model for good; its content stays readable.

    With `cleanup_links` the links that lead away from it go; that failing does not undo the
    archiving. Raises `NotFound`, `Forbidden`, `RevisionConflict`, `InvalidTransition`, `Conflict`
    (`archive_risk_high`, where the assessment is enforced).
    """
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.ARCHIVE)
        require_status(model, EntityStatus.DRAFT, EntityStatus.PUBLISHED)
        impact = assess_impact(actor=actor, model=model)
        if enforce_risk_assessment and impact.risk == Risk.HIGH:
            raise Conflict(
                "Archiving it may harm others.",
                code="archive_risk_high",
                extra={"impact": as_dict(impact)},
            )
        removed = _clean_up(actor, model) if cleanup_links else 0
        previous = entities.archive_entity(
            actor=actor,
            entity=model,
            reason=reason,
            also={
                "archived_at": timezone.now(),
                "archived_by_id": actor.user_id,
                "archive_reason": reason or None,
            },
            told={"risk": impact.risk, "links_removed": removed},
            act={"reasons": impact.reasons, "affected_links": impact.affected_links},
        )
    return Archiving(model, previous, impact, removed)


def assess_impact(*, actor: Actor, model: FunctionModel) -> Impact:
    """Return what archiving `model` puts at risk; three statements."""
    address = Address(model.feature_type, model.pk)
    links = touched_links(actor, address, Operation.ARCHIVE, link_kinds(actor), limit=1)
    nodes = len(model.nodes_data)
    assessed = assess_archive_risk(
        days_since_publication=_days_since_publication(model),
        critical_links=links.critical,
        links=links.weakened,
        nodes=nodes,
    )
    return Impact(assessed.risk.value, assessed.reasons, nodes, links.weakened)


def as_dict(impact: Impact) -> dict[str, Any]:
    """Return plain values."""
    return {
        "risk": impact.risk,
        "reasons": impact.reasons,
        "affected_nodes": impact.affected_nodes,
        "affected_links": impact.affected_links,
    }


def _days_since_publication(model: FunctionModel) -> float | None:
    published = model.versions.filter(version=model.published_version)
    moment = published.values_list("created_at", flat=True).first()
    return (timezone.now() - moment).total_seconds() / _SECONDS_A_DAY if moment else None


def _clean_up(actor: Actor, model: FunctionModel) -> int | None:
    try:
        with transaction.atomic():
            return len(remove_links(actor=actor, entity=model, leaving=True))
    except DatabaseError:
        # Told to the caller, who may try again link by link.
        logger.exception("links_not_removed", model_id=str(model.pk))
        return None
