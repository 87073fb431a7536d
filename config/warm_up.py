"""Loading at start what the first request would otherwise wait for."""

from threading import Thread

from django.conf import settings
from django.utils.module_loading import import_string


def start_warm_up() -> Thread:
    """Call everything in `settings.WARM_UP`, dotted paths, in the background; return the thread."""
    thread = Thread(target=_warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    for path in settings.WARM_UP:
        import_string(path)()
