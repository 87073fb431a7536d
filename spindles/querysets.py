"""How spindles and runs are read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.actors import Actor
from node_links.choices import FeatureType
from node_links.models import NodeMetadata
from node_links.querysets import EntityManager, EntityQuerySet
from spindles.choices import OPEN

if TYPE_CHECKING:
    from spindles.models import Execution, Spindle

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
        """Tell the checksum of each run's plan, as `plan_checksum`."""
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
