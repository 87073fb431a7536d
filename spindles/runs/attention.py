"""Which runs need somebody: those that nobody drives, and those that wait for people."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from spindles.choices import ExecutionStatus, StepStatus, WaitKind
from spindles.models import ExecutionStep

OVERDUE = timedelta(minutes=1)
"""Sweeps ring within seconds and workers answer within their lease: who is later is not there."""

_DRIVEN = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


def is_stuck(now: datetime) -> Q:
    """Return the condition of runs that should go on and do not.

    Either nobody has rung for them (no sweep runs), or nobody has answered (no worker does): they
    were not begun although a slot is free, or hold steps whose workers are gone.
    """
    late = now - OVERDUE
    lost = ExecutionStep.objects.filter(
        execution=OuterRef("pk"), status=StepStatus.RUNNING, lease_until__lt=late
    )
    return Q(status__in=_DRIVEN) & (
        Q(wake_at__lt=late)
        | Q(status=ExecutionStatus.PENDING, queued_at=None, created_at__lt=late)
        | Q(Exists(lost))
    )


def waits_for_people() -> Q:
    """Return the condition of open runs in which a person has to do something."""
    tasks = ExecutionStep.objects.filter(
        execution=OuterRef("pk"), status=StepStatus.WAITING, wait_kind=WaitKind.PERSON
    )
    return Q(status__in=(*_DRIVEN, ExecutionStatus.PAUSED)) & Q(Exists(tasks))
