"""Sending what is due, to many receivers at once.

A run holds neither a transaction nor a lock while receivers answer:

1. claim (one short transaction, `messages.py`): due rows, their `not_before` one lease ahead;
2. post (`posting.py`), in threads that have no database connection at all;
3. store (one transaction, `outcomes.py`), only where the lease is still ours.

A run that dies leaves its messages to whoever comes after the lease; the receiver knows a message
that it had already by the same `webhook-id`.
"""

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from uuid import UUID

import httpx2
from django.conf import settings

from config.outbound import create_client
from node_links.webhooks.doorbell import sending
from node_links.webhooks.messages import PER_WEBHOOK, Message, claim
from node_links.webhooks.outcomes import store
from node_links.webhooks.posting import Outcome, default_headers, post

SENDERS = 16
# What became due meanwhile is looked for this often while slow receivers are waited for.
LOOK_SECONDS = 1.0
# Well below the time after which the broker would hand the task to another worker as well.
RUN_SECONDS = 300.0

Running = dict[Future[Outcome], Message]


def send_due() -> int:
    """Send what is due, of all organisations; return how many tries were stored."""
    ends = time.monotonic() + RUN_SECONDS
    done = 0
    with _client() as client, ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook") as pool:
        running: Running = {}
        while True:
            overdue = time.monotonic() >= ends
            if not overdue:
                for message in claim(limit=SENDERS - len(running), busy=_busy(running)):
                    running[pool.submit(post, client, message)] = message
            if not running:
                break
            finished, _ = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            done += sum(store(running.pop(future), future.result()) for future in finished)
    if overdue:
        sending.ring()
    return done


def _client() -> httpx2.Client:
    return create_client(timeout=settings.WEBHOOK_TIMEOUT_SECONDS, headers=default_headers())


def _busy(running: Running) -> list[UUID]:
    """Return the webhooks to which as much is on its way already as one of them may occupy."""
    counted = Counter(message.webhook_id for message in running.values())
    return [webhook for webhook, count in counted.items() if count >= PER_WEBHOOK]
