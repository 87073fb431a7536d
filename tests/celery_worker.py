"""A Celery worker in a thread of the tests' own process, on the real broker."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery.contrib.testing.worker import TestWorkController
from celery.utils.nodenames import anon_nodename
from celery.worker import state
from django.db import connections
from kombu.asynchronous import set_event_loop

from config.celery import app

STOP_SECONDS = 30


@contextmanager
def celery_worker(*queues: str) -> Iterator[str]:
    """Run a worker for these queues and yield its name; after the block it has ended.

    It ends itself, in its own thread: were it stopped from another one, that would close sockets
    which it is just reading, and either may then wait for ever. For the same reason it has an event
    loop of its own, and hears no remote control, whose channel is read without a timeout.
    """
    set_event_loop(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.conf, "worker_enable_remote_control", False)
        name = anon_nodename()
        worker = TestWorkController(
            app=app,
            pool="solo",
            hostname=name,
            queues=list(queues),
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )

        def work() -> None:
            try:
                worker.start()
            finally:
                connections.close_all()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        worker.ensure_started()
        try:
            yield name
        finally:
            patch.setattr(state, "should_stop", os.EX_OK)
            thread.join(STOP_SECONDS)
            assert not thread.is_alive()
