"""What the server of step processes loads before it forks: the platform, without connections."""

import os
import resource
import signal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()


def begin_process(memory_mb: int) -> None:
    """Bound the memory of a new process (0: not), and leave Ctrl-C to the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory_mb:
        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
