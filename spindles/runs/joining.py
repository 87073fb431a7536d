"""What the platform below learns of runs when the process starts."""

from uuid import UUID

from accounts.actors import Actor
from node_links.sights import sights
from spindles.models import Execution
from spindles.runs import usage


def join() -> None:
    """Tell who sees a run, and which runs have used an entity."""
    sights.add(Execution.feature_type, sees_run)
    usage.join()


def sees_run(actor: Actor, execution_id: UUID) -> bool:
    """Return whether `actor` may hear of the run."""
    return Execution.objects.visible_to(actor).filter(pk=execution_id).exists()
