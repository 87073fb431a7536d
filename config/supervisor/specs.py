"""The processes of an installation, as data: what to run, how, and in which order."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from config import env as environment
from config.embedded.postgres import PostgresServer
from config.embedded.process import Command
from config.embedded.valkey import ValkeyServer
from config.metrics.exposition import MULTIPROCESS_VARIABLE, shared_folder
from config.supervisor.options import Options

# A worker has few threads, each of which keeps its own connection.
# Celery warns of root on every start; nothing here unpickles what a stranger may have sent.
CELERY_ENVIRONMENT = {
    "NODELOOM_DB_POOL": "0",
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}
# The web process has few threads, each of which keeps its own connection: to borrow one from a pool
# each time would cost a short request a fifth more.
WEB_ENVIRONMENT = {"NODELOOM_DB_POOL": environment.text("DB_POOL", "0")}
RELAY_ENVIRONMENT = {"NODELOOM_DB_POOL": "0", "DJANGO_SETTINGS_MODULE": "config.settings"}
MUTED = {
    # What it says while it recovers after a kill; that it recovered is seen by its readiness.
    "postgres": (
        "LOG: ",
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is not yet accepting connections",
        "DETAIL:  Consistent recovery state has not been yet reached",
    ),
    "valkey": ("Memory overcommit", "scheduling shutdown", "ready to exit"),
}
WORKERS = {
    "worker": ("default", "maintenance", "events"),
    "runner": ("embeddings", "executions", "agents"),
}


@dataclass(frozen=True)
class ProcessSpec:
    """One process: its command, what to do before each start, and how to see that it is ready."""

    name: str
    command: Callable[[], Command]
    prepare: Callable[[], None] | None = None
    is_ready: Callable[[], bool] | None = None
    muted: tuple[str, ...] = ()  # lines with one of these are kept for a report but not shown


def server_specs(options: Options) -> list[ProcessSpec]:
    """Return the embedded servers that this installation needs: none where URLs are given."""
    servers: list[PostgresServer | ValkeyServer] = []
    if settings.EMBED_DATABASE:
        servers.append(PostgresServer(options.data_dir))
    if settings.EMBED_REDIS:
        servers.append(ValkeyServer(options.data_dir))
    return [
        ProcessSpec(
            server.name, server.command, server.prepare, server.is_ready, MUTED[server.name]
        )
        for server in servers
    ]


def service_specs(options: Options) -> list[ProcessSpec]:
    """Return the web and live processes, the relay, the workers and beat."""
    return [
        ProcessSpec("web", partial(_web, options)),
        ProcessSpec("live", partial(_live, options)),
        ProcessSpec("relay", _relay),
        *(ProcessSpec(name, partial(_worker, name, queues)) for name, queues in WORKERS.items()),
        ProcessSpec("beat", _beat),
    ]


def _python(*arguments: str, env: Mapping[str, str] | None = None) -> Command:
    return Command(
        argv=(sys.executable, "-m", *arguments),
        cwd=settings.BASE_DIR,
        env={MULTIPROCESS_VARIABLE: str(shared_folder(settings.DATA_DIR)), **(env or {})},
    )


def _web(options: Options) -> Command:
    module, _, name = settings.WSGI_APPLICATION.rpartition(".")
    workers = environment.whole("WEB_WORKERS", max(2, min(4, os.cpu_count() or 2)))
    return _python(
        *("granian", f"{module}:{name}", "--interface", "wsgi"),
        *("--host", options.host, "--port", str(options.port)),
        *("--workers", str(workers), "--blocking-threads", "4"),
        *("--workers-kill-timeout", "5", "--log-level", "warning"),
        env=WEB_ENVIRONMENT,
    )


def _live(options: Options) -> Command:
    return _python(
        *("uvicorn", "config.asgi_live:application"),
        *("--host", options.host, "--port", str(options.live_port)),
        # Open streams never end by themselves: they are cut after this time.
        *("--timeout-graceful-shutdown", "2", "--log-level", "warning", "--no-access-log"),
    )


def _relay() -> Command:
    # One thread per subscriber, each of which keeps its connection.
    return _python("django", "relay", env=RELAY_ENVIRONMENT)


def _worker(name: str, queues: tuple[str, ...]) -> Command:
    return _python(
        *("celery", "-q", "-A", "config", "worker", "-Q", ",".join(queues), "-n", f"{name}@%h"),
        *("--pool", "threads", "--concurrency", str(environment.whole("WORKER_THREADS", 4))),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
        env=CELERY_ENVIRONMENT,
    )


def _beat() -> Command:
    return _python(
        *("celery", "-q", "-A", "config", "beat", "--pidfile=", "--loglevel", "WARNING"),
        *("--scheduler", settings.CELERY_BEAT_SCHEDULER),
        env=CELERY_ENVIRONMENT,
    )
