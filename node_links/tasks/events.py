"""Delivering to heavy subscribers, and what nobody rang for; forgetting what was delivered."""

import time
from uuid import UUID

from celery import shared_task

RUN_SECONDS = 60  # then others of the queue have their turn; the rest is rung for again


@shared_task
def deliver_heavy(subscriber: str) -> int:
    """Deliver what is due to a heavy subscriber; return how many events it got."""
    from node_links.events import doorbell
    from node_links.events.delivering import deliver
    from node_links.events.subscribing import subscribers

    doorbell.answer(subscriber)
    found = subscribers.get(subscriber)
    if found is None:
        return 0
    until = time.monotonic() + RUN_SECONDS
    delivered = 0
    while True:
        outcome = deliver(found)
        delivered += outcome.delivered
        if outcome.next_in is None:
            return delivered
        if outcome.next_in > 0 or time.monotonic() > until:
            doorbell.ring(subscriber, in_seconds=outcome.next_in)
            return delivered


@shared_task
def sweep_deliveries() -> int:
    """Deliver to heavy subscribers what nobody rang for; return how many events they got."""
    from node_links.events.subscribing import subscribers

    return sum(deliver_heavy(found.name) for found in subscribers.all() if found.heavy)


@shared_task
def purge_deliveries() -> int:
    """Forget deliveries that were made long ago; return how many."""
    from node_links.events.purging import purge_deliveries as purge

    return purge()


@shared_task
def purge_replays() -> int:
    """Forget replays that ended long ago; return how many."""
    from node_links.events.purging import purge_replays as purge

    return purge()


@shared_task
def purge_dedup_keys() -> int:
    """Forget keys against doubles that have run out; return how many."""
    from node_links.events.purging import purge_dedup_keys as purge

    return purge()


@shared_task
def replay_events(replay_id: str) -> str | None:
    """Run a replay to its end and return how it ended; None where somebody else runs it."""
    from node_links.services.replays import run_replay

    replay = run_replay(UUID(replay_id))
    return replay.status if replay else None


@shared_task
def sweep_replays() -> int:
    """Ask workers to go on with the replays that nobody runs; return how many those are."""
    from node_links.services.replays import enqueue_replay, unattended_replays

    waiting = unattended_replays()
    for replay_id in waiting:
        enqueue_replay(replay_id)
    return len(waiting)
