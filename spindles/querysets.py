"""How runs are read."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from node_links.models import NodeMetadata
from spindles.choices import OPEN

if TYPE_CHECKING:
    from spindles.models import Execution


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
