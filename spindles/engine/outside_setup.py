"""What the server of step processes loads before it forks: the platform, without connections."""

import multiprocessing
import os
import resource
import signal
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()


def begin_process(memory_mb: int) -> None:
    """Bound the memory of a new process (0: not), and let it live no longer than its worker.

    Ctrl-C is the worker's business.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_worker, name="end-with-worker", daemon=True).start()
    if memory_mb:
        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _end_with_worker() -> None:
    """End at once where the worker has gone: nobody would take the answer, nor stop the step."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os.kill(os.getpid(), signal.SIGKILL)
