"""Processes for steps that work outside: killed where one exceeds its time or memory.

They are forked from a server that has loaded the platform, not from the worker: a worker has
threads and connections, and a child must inherit neither.
"""

import atexit
import multiprocessing
import threading
from concurrent.futures import Future
from typing import Any

from django.conf import settings
from pebble import ProcessPool

from spindles.engine.stepping import Job

_NO_LIMIT = 86_400.0
_lock = threading.Lock()
_pool: ProcessPool | None = None


def submit(job: Job) -> "Future[bytes]":
    """Begin a job; the future yields what `outside.perform` returned, as JSON.

    It raises `TimeoutError` where the time was exceeded, `ProcessExpired` where the process died.
    """
    future: Future[bytes] = _the_pool().schedule(
        _perform, args=[job.payload], timeout=job.timeout or _NO_LIMIT
    )
    return future


def warm_up() -> None:
    """Start the processes now: the first step would wait for the platform to be loaded."""
    _the_pool().schedule(_nothing)


def stop_processes() -> None:
    """Stop all processes, whatever they are doing."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it without
        pool.join()


def _the_pool() -> ProcessPool:
    global _pool
    with _lock:
        if _pool is None or not _pool.active:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["spindles.engine.outside_setup"])
            _pool = ProcessPool(
                max_workers=settings.STEP_PROCESSES,
                max_tasks=settings.STEP_PROCESS_TASKS,
                initializer=_begin,
                initargs=[settings.STEP_MEMORY_MB],
                context=context,
            )
            atexit.register(stop_processes)
        return _pool


def _begin(memory_mb: int) -> None:
    from spindles.engine import outside_setup

    outside_setup.begin_process(memory_mb)


def _nothing() -> None:
    """Be done: whoever does it is there."""


def _perform(job: bytes) -> Any:
    from spindles.engine.outside import perform

    return perform(job)
