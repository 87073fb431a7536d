"""Sagas whose runner died: taken over when its lease has ended; and those nobody could help."""

from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.tenancy import system_scope
from node_links.choices import SagaStatus
from node_links.models import Saga
from node_links.models.sagas import UNFINISHED
from node_links.sagas.claiming import claimable
from node_links.sagas.definitions import sagas
from node_links.sagas.running import run_saga

logger = structlog.get_logger(__name__)

SAGAS_PER_SWEEP = 100
# By then several sweeps should have taken it over.
STUCK_AFTER = timedelta(minutes=1)


def resume_sagas(limit: int = SAGAS_PER_SWEEP) -> int:
    """Take over the sagas that nobody runs any more; return how many came to an end.

    Forward where no step had refused, backward otherwise. One that fails is logged and tried again
    with the next sweep; the others go on.
    """
    with system_scope():
        rows = Saga.objects.filter(claimable(), name__in=sagas.names()).order_by("lease_until")
        waiting = list(rows.values_list("pk", flat=True)[:limit])
    ended = 0
    for saga_id in waiting:
        try:
            ended += run_saga(saga_id) is not None
        except (OperationalError, InterfaceError) as error:
            logger.error("saga_not_resumed", saga_id=str(saga_id), exc_info=error)
    return ended


def stuck_sagas() -> QuerySet[Saga]:
    """Return the sagas that need somebody: failed, or unfinished and long taken over by nobody."""
    overdue = Q(status__in=UNFINISHED, lease_until__lt=timezone.now() - STUCK_AFTER)
    return Saga.objects.filter(overdue | Q(status=SagaStatus.FAILED))


def count_stuck_sagas() -> int:
    """Return how many sagas of all organisations need somebody."""
    with system_scope():
        return stuck_sagas().count()
