"""Loading at start what the first request would otherwise wait for."""

import gc
from threading import Thread

from django.conf import settings
from django.utils.module_loading import import_string

COLLECT_AFTER = (20_000, 20, 50)
"""Objects made before a collection of the young; of those before one of the middle-aged; of all."""


def start_warm_up() -> Thread:
    """Call everything in `settings.WARM_UP`, dotted paths, in the background; return the thread."""
    thread = Thread(target=_warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    for path in settings.WARM_UP:
        import_string(path)()
    spare_collections()


def spare_collections() -> None:
    """Let the garbage collector look at what requests make, and seldom.

    What has been loaded stays for ever, yet each full collection would walk through all of it: a
    request that makes many objects (a page of rows, a parsed text) paid a seventh of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
