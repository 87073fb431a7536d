"""How spindles, runs and triggers are read."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.actors import Actor
from node_links.choices import FeatureType
from node_links.models import NodeMetadata
from node_links.querysets import EntityManager, EntityQuerySet
from spindles.choices import OPEN, TriggerKind, TriggerState

if TYPE_CHECKING:
    from spindles.models import Execution, Spindle, SpindleTrigger, TriggerFiring

DRAWN = ("nodes_data", "edges_data", "viewport_data", "document_data", "dangling_references")
"""The columns that are as large as the drawing."""


class SpindleQuerySet(EntityQuerySet["Spindle"]):
    """Spindles."""

    def saying(self, words: Iterable[str]) -> Self:
        """Spindles in whose name, slug, description or names of steps all of `words` occur."""
        rows = self
        for word in words:
            # Steps are asked by their own rows: the drawings stay where they are.
            drawn = NodeMetadata.objects.filter(
                feature_type=FeatureType.SPINDLE,
                entity_id=OuterRef("pk"),
                organization_id=OuterRef("organization_id"),
                name__icontains=word,
            ).exclude(node_id=None)
            own = Q(name__icontains=word) | Q(slug__icontains=word)
            rows = rows.filter(own | Q(description__icontains=word) | Exists(drawn))
        return rows

    def called(self, target: str) -> Self:
        """Spindles with this id or slug."""
        known = _id(target)
        return self.filter(Q(slug=target) if known is None else Q(slug=target) | Q(pk=known))


def _id(target: str) -> UUID | None:
    try:
        return UUID(target)
    except ValueError:
        return None


# Sees deleted rows too.
AllSpindlesManager = EntityManager.from_queryset(SpindleQuerySet)


class ExecutionQuerySet(QuerySet["Execution"]):
    """Runs."""

    def visible_to(self, actor: Actor) -> Self:
        """Those in the actor's organisation whose source the actor sees, and the actor's own.

        Deleted entities are seen by administrators only.
        """
        rows = self.filter(organization_id=actor.organization_id)
        if actor.is_administrator:
            return rows
        deleted = NodeMetadata.objects.filter(
            organization_id=OuterRef("organization_id"),
            feature_type=OuterRef("source_feature"),
            entity_id=OuterRef("source_id"),
            node_id=None,
            deleted_at__isnull=False,
        )
        return rows.filter(Q(started_by_id=actor.user_id) | ~Exists(deleted))

    def of_source(self, feature_type: str, entity_id: UUID) -> Self:
        """Those of one entity."""
        return self.filter(source_feature=feature_type, source_id=entity_id)

    def with_checksum(self) -> Self:
        """Each with the checksum of its plan, as `plan_checksum`."""
        return self.annotate(plan_checksum=F("plan__checksum"))

    def without_content(self) -> Self:
        """Do not load what can be large: what was asked, what came of it."""
        return self.defer("inputs", "outputs", "context", "narrow", "divergences")

    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(status__in=OPEN)

    def at_work(self) -> Self:
        """Those that take a slot of their organisation."""
        return self.filter(holds_slot=True)

    def queued(self) -> Self:
        """Those that wait for a slot, the next one first."""
        return self.filter(queued_at__isnull=False).order_by("-priority", "queued_at", "id")


class TriggerQuerySet(QuerySet["SpindleTrigger"]):
    """Triggers."""

    def of_spindle(self, organization_id: UUID, spindle_id: UUID) -> Self:
        """Those of one spindle, the removed ones too."""
        return self.filter(organization_id=organization_id, spindle_id=spindle_id)

    def live(self) -> Self:
        """Those that were not removed."""
        return self.exclude(state=TriggerState.REMOVED)

    def due(self, moment: datetime) -> Self:
        """Schedules whose time has come, of all organisations."""
        return self.filter(state=TriggerState.ACTIVE, next_at__lte=moment)

    def listening_at(self, path: str, organization: str | None) -> Self:
        """Webhooks at an address, in the organisation with this slug or in any."""
        rows = self.filter(path=path, kind=TriggerKind.WEBHOOK, state=TriggerState.ACTIVE)
        return rows if organization is None else rows.filter(organization__slug=organization)

    def hearing(self, organization_id: UUID, event_type: str) -> Self:
        """Those that events of this type start: named in full, by a beginning, or all of them."""
        beginnings = [f"{event_type[:length]}*" for length in range(len(event_type) + 1)]
        return self.filter(
            organization_id=organization_id,
            state=TriggerState.ACTIVE,
            event_type__in=[event_type, *beginnings],
        )


class TriggerFiringQuerySet(QuerySet["TriggerFiring"]):
    """Firings."""

    def open_runs_of(self, spindle_id: UUID) -> Self:
        """Those whose run, started by a schedule, has not ended."""
        return self.filter(
            spindle_id=spindle_id, planned_at__isnull=False, execution__status__in=OPEN
        )

    def latest_of(self, triggers: QuerySet["SpindleTrigger"]) -> Self:
        """The latest one of each of `triggers`."""
        own = self.model._default_manager.filter(trigger=OuterRef("pk"))
        latest = Subquery(own.order_by("-created_at", "-id").values("pk")[:1])
        return self.filter(pk__in=triggers.order_by().values_list(latest))
