"""Asking for a replay of past events, and running it: batch by batch, resumable, with progress."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.tenancy import system_scope
from config.db import joined_transaction
from config.doorbells import send
from config.exceptions import Forbidden
from node_links.choices import ReplayStatus
from node_links.events.replaying import BATCH, ReplayRequest, count_matching, send_next
from node_links.models import EventReplay
from node_links.models.replays import UNFINISHED

# By name: tasks stand above what they call.
REPLAY_RUN = "node_links.tasks.events.replay_events"
UNATTENDED_AFTER = timedelta(minutes=1)
_MAX_ERROR = 4000


def start_replay(*, actor: Actor, request: ReplayRequest, enqueue: bool = True) -> EventReplay:
    """Store a replay and return it, queued; a worker runs it after the commit.

    Who runs it by `run_replay` says `enqueue=False`. Should nobody come to it the sweep does, after
    a minute. What happens from now on is not part of it. Raises `Forbidden` unless the actor is an
    administrator, `ValidationFailed` for an unknown subscriber.
    """
    if not actor.is_administrator:
        raise Forbidden("This needs the role admin or a higher one.")
    request = replace(request, until=min(request.until, timezone.now()))
    total = count_matching(actor.tenant_id, request)
    with joined_transaction():
        replay = EventReplay.objects.create(
            organization_id=actor.tenant_id,
            request=request.as_json(),
            total=total,
            requested_by_id=actor.user_id,
        )
        if enqueue:
            transaction.on_commit(partial(enqueue_replay, replay.pk))
    return replay


def enqueue_replay(replay_id: UUID) -> None:
    """Ask a worker to run the replay; while the broker is away it waits for the sweep."""
    send(REPLAY_RUN, replay_id)


def run_replay(replay_id: UUID) -> EventReplay | None:
    """Run the replay to its end; return it, or None where it has ended or another runs it."""
    latest = None
    while (moved := advance_replay(replay_id)) is not None:
        latest = moved
    return latest


def advance_replay(replay_id: UUID, *, batch: int = BATCH) -> EventReplay | None:
    """Send the next batch of a replay out again and return the replay as it is now.

    None where it has ended, or somebody else is at it in this moment. A batch and the mark how far
    the replay is commit together: a runner that dies leaves it to the next one, and two of them do
    nothing twice. A database that fails leaves the replay where it is and is raised; any other
    error ends it, is kept in the row and raised.
    """
    try:
        with system_scope():
            replay = _locked(replay_id)
            if replay is not None:
                _advance(replay, batch)
    except (OperationalError, InterfaceError):
        raise  # no word of the replay itself; the sweep goes on with it
    except Exception as error:
        # Whatever it was: it is shown to whoever asked for the replay, and raised for the log.
        _fail(replay_id, error)
        raise
    return replay


def unattended_replays() -> list[UUID]:
    """Return the replays that nobody has moved for a minute, the oldest first."""
    with system_scope():
        rows = EventReplay.objects.filter(
            status__in=UNFINISHED, updated_at__lt=timezone.now() - UNATTENDED_AFTER
        )
        return list(rows.order_by("updated_at").values_list("pk", flat=True))


def _locked(replay_id: UUID) -> EventReplay | None:
    rows = EventReplay.objects.select_for_update(skip_locked=True, no_key=True)
    return rows.filter(pk=replay_id, status__in=UNFINISHED).first()


def _advance(replay: EventReplay, batch: int) -> None:
    after = None
    if replay.after_timestamp is not None and replay.after_event is not None:
        after = (replay.after_timestamp, replay.after_event)
    request = ReplayRequest.from_json(replay.request)
    sent, last = send_next(replay.organization_id, request, after, batch)
    replay.done += sent
    replay.started_at = replay.started_at or timezone.now()
    if last is None:
        replay.status, replay.finished_at = ReplayStatus.COMPLETED, timezone.now()
    else:
        replay.status = ReplayStatus.RUNNING
        replay.after_timestamp, replay.after_event = last
    replay.save(update_fields=["done", "started_at", "status", "finished_at", "after_timestamp",
                               "after_event", "updated_at"])  # fmt: skip


def _fail(replay_id: UUID, error: Exception) -> None:
    with system_scope():
        EventReplay.objects.filter(pk=replay_id, status__in=UNFINISHED).update(
            status=ReplayStatus.FAILED,
            error=f"{type(error).__name__}: {error}".replace("\x00", "")[:_MAX_ERROR],
            finished_at=timezone.now(),
            updated_at=timezone.now(),
        )
