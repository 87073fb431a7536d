"""How entities, nodes and links are read; visibility is one of the questions."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from accounts.actors import Actor
from config.rows import read_rows
from node_links.choices import STRONG, WEAK, NotificationChannel

if TYPE_CHECKING:
    from node_links.models import (
        AuditLog,
        DeadLetter,
        Export,
        NodeLink,
        NodeLinkType,
        NodeMetadata,
        Notification,
    )

M = TypeVar("M", bound=models.Model)

_LIVING = "{key} = %s AND organization_id = %s AND deleted_at IS NULL FOR UPDATE"


class EntityQuerySet(QuerySet[M]):
    """Entities of one feature."""

    def visible_to(self, actor: Actor) -> Self:
        """Everything in the actor's organisation: every member reads."""
        return self.filter(organization_id=actor.organization_id)

    def alive(self) -> Self:
        """Without the deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        """Only the deleted."""
        return self.exclude(deleted_at=None)

    def tagged_any(self, tags: list[str]) -> Self:
        """Entities that carry at least one of `tags`."""
        return self.filter(tags__overlap=tags)

    def lock_living(self, actor: Actor, pk: UUID, *, without: Collection[str] = ()) -> M | None:
        """Return the living entity that `actor` sees under this id, locked for the transaction.

        None where there is none. Fields named in `without` are left in the database. It is the
        first thing that nearly every write asks, so its statement is built once for each model.
        """
        condition = _LIVING.format(key=self.model._meta.pk.column)
        found = read_rows(self.model, condition, [pk, actor.organization_id], without=without)
        return found[0] if found else None


# Sees deleted rows too.
EntityManager = models.Manager.from_queryset(EntityQuerySet)


class LivingManager(models.Manager[M]):
    """The default manager: deleted rows do not exist for it."""

    def get_queryset(self) -> Any:
        """Hide what has been deleted."""
        return super().get_queryset().filter(deleted_at=None)


class NodeQuerySet(QuerySet["NodeMetadata"]):
    """Nodes: one for each entity and one for each node drawn inside it."""

    def visible_to(self, actor: Actor) -> Self:
        """Nodes of the actor's organisation that are not deleted."""
        return self.filter(organization_id=actor.organization_id, deleted_at=None)

    def of_entity(self, feature_type: str, entity_id: UUID) -> Self:
        """The entity's own node and those inside it."""
        return self.filter(feature_type=feature_type, entity_id=entity_id)

    def at(self, feature_type: str, entity_id: UUID, node_id: str | None = None) -> Self:
        """The one node with this address."""
        return self.of_entity(feature_type, entity_id).filter(node_id=node_id)


class LinkQuerySet(QuerySet["NodeLink"]):
    """Links between nodes."""

    def visible_to(self, actor: Actor) -> Self:
        """Links of the actor's organisation between nodes that are not deleted."""
        return self.filter(
            organization_id=actor.organization_id,
            source__deleted_at=None,
            target__deleted_at=None,
        )

    def with_ends(self) -> Self:
        """With what is shown of both ends, read by the same statement."""
        own = [field.attname for field in self.model._meta.concrete_fields]
        ends = [f"{end}__{name}" for end in ("source", "target") for name in ("name", "node_type")]
        return self.select_related("source", "target").only(*own, *ends)

    def of_strength(self, name: str) -> Self:
        """Links that are `strong` (from 0.7), `weak` (up to 0.3) or `moderate`."""
        strong, weak = Q(link_strength__gte=STRONG), Q(link_strength__lte=WEAK)
        return self.filter({"strong": strong, "weak": weak}.get(name, ~strong & ~weak))

    def touching(self, feature_type: str, entity_id: UUID) -> Self:
        """Links with the entity, or a node inside it, at either end."""
        return self.filter(
            Q(source_feature=feature_type, source_entity_id=entity_id)
            | Q(target_feature=feature_type, target_entity_id=entity_id)
        )

    def leaving(self, feature_type: str, entity_id: UUID) -> Self:
        """Links whose source is the entity or a node inside it."""
        return self.filter(source_feature=feature_type, source_entity_id=entity_id)

    def arriving_at(self, feature_type: str, entity_id: UUID) -> Self:
        """Links whose target is the entity or a node inside it."""
        return self.filter(target_feature=feature_type, target_entity_id=entity_id)


class LinkTypeQuerySet(QuerySet["NodeLinkType"]):
    """What links can mean."""

    def visible_to(self, actor: Actor) -> Self:
        """The platform's own types and those of the actor's organisation."""
        return self.filter(Q(organization=None) | Q(organization_id=actor.organization_id))


class ExportQuerySet(QuerySet["Export"]):
    """Files that were asked for."""

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own; to administrators all of the organisation."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.is_administrator else rows.filter(requested_by_id=actor.user_id)


class DeadLetterQuerySet(QuerySet["DeadLetter"]):
    """Events that could not be delivered."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the actor's organisation; an operator sees all."""
        return self if actor.is_operator else self.filter(organization_id=actor.organization_id)


class AuditQuerySet(QuerySet["AuditLog"]):
    """The audit trail."""

    def of_organization(self, actor: Actor) -> Self:
        """What happened in the actor's organisation."""
        return self.filter(organization_id=actor.tenant_id)

    def visible_to(self, actor: Actor) -> Self:
        """The organisation's trail for its administrators, their own acts for everybody else."""
        rows = self.of_organization(actor)
        return rows if actor.is_administrator else rows.filter(changed_by=actor.user_id)

    def of_entity(self, actor: Actor, entity_id: UUID) -> Self:
        """What happened to one entity of the actor's organisation, its versions included."""
        return self.of_organization(actor).filter(model_id=entity_id)

    def since(self, moment: datetime) -> Self:
        """What happened at `moment` or later."""
        return self.filter(pk__gte=_first_id(moment, -_SLACK_MS), changed_at__gte=moment)

    def before(self, moment: datetime) -> Self:
        """What happened earlier than `moment`."""
        return self.filter(pk__lt=_first_id(moment, _SLACK_MS), changed_at__lt=moment)


# An id is made a moment before or after `changed_at` is written.
_SLACK_MS = 1000


def _first_id(moment: datetime, slack: int) -> UUID:
    """Return the lowest UUIDv7 of a moment: with it, a period is a range of the primary key."""
    milliseconds = max(0, int(moment.timestamp() * 1000) + slack)
    return UUID(int=milliseconds << 80)


class NotificationQuerySet(QuerySet["Notification"]):
    """What people are told."""

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own notices in the product, whatever their role."""
        return self.filter(
            organization_id=actor.organization_id,
            user_id=actor.user_id,
            channel=NotificationChannel.IN_APP,
        )

    def unread(self) -> Self:
        """Only those that have not been read."""
        return self.filter(read_at=None)

    def mails(self) -> Self:
        """Only e-mails."""
        return self.filter(channel=NotificationChannel.EMAIL)
