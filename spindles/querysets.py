"""How runs are read."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

from accounts.actors import Actor
from spindles.choices import OPEN

if TYPE_CHECKING:
    from spindles.models import Execution


class ExecutionQuerySet(QuerySet["Execution"]):
    """Runs."""

    def visible_to(self, actor: Actor) -> Self:
        """Everything in the actor's organisation: who sees the source sees its runs."""
        return self.filter(organization_id=actor.organization_id)

    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(status__in=OPEN)

    def at_work(self) -> Self:
        """Those that take a slot of their organisation."""
        return self.filter(holds_slot=True)

    def queued(self) -> Self:
        """Those that wait for a slot, the next one first."""
        return self.filter(queued_at__isnull=False).order_by("-priority", "queued_at", "id")
