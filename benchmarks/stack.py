"""What the figures are measured on: servers, tables and web processes of their own.

Everything lives in a temporary data directory and is gone afterwards. The settings are read from
the environment, so `prepare_environment` comes before Django is set up.
"""

import http.client
import itertools
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks.texts import make_document, make_title

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.actors import Actor
    from accounts.models import User
    from config.embedded.process import Command

PASSWORD = "of no use outside of this run"
START_SECONDS = 60.0
_BARE = "benchmarks.bare.wsgi:application"
_RECORDS = """
CREATE TABLE IF NOT EXISTS benchmark_events (id bigserial PRIMARY KEY, type text NOT NULL,
    entity_id uuid NOT NULL, data jsonb NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS benchmark_events_entity ON benchmark_events (entity_id);
CREATE TABLE IF NOT EXISTS benchmark_audits (id bigserial PRIMARY KEY, table_name text NOT NULL,
    record_id uuid NOT NULL, old_values jsonb NOT NULL, new_values jsonb NOT NULL,
    created_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS benchmark_audits_record ON benchmark_audits (record_id)
"""


def prepare_environment() -> Path:
    """Point the settings at a fresh data directory and return it."""
    data_dir = Path(tempfile.mkdtemp(prefix="nodeloom-bench-", dir="/tmp"))  # noqa: S108
    data_dir.chmod(0o711)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        NODELOOM_DATA_DIR=str(data_dir),
        NODELOOM_SECRET_KEY="a key for this run only, long enough for HMAC-SHA256 signatures",
        # The limits stay on, and high enough for one caller to be the whole load.
        NODELOOM_RATE_USER="1000000000/min",
    )
    return data_dir


@dataclass(frozen=True)
class Stack:
    """The servers are up and migrated; one organisation with one owner is there."""

    data_dir: Path
    user: "User"
    actor: "Actor"

    def token(self) -> str:
        """Return a fresh access token of the owner."""
        from accounts.tokens import issue_tokens

        return issue_tokens(self.user)["access"]

    def database(self) -> psycopg.Connection:
        """Return a connection of the owner, who sees every row. Raises `psycopg.Error`."""
        return psycopg.connect(self.database_url, autocommit=True)

    @property
    def database_url(self) -> str:
        """The address of the tables for psycopg, as their owner."""
        from config.embedded.addresses import OWNER_ROLE, addresses

        folder = addresses(self.data_dir).socket_dir
        return f"host={folder} user={OWNER_ROLE} dbname=nodeloom"

    def clear(self) -> None:
        """Remove what the figures before have written."""
        with self.database() as connection:
            connection.execute(
                "TRUNCATE knowledge_base_sops, function_models, node_metadata CASCADE"
            )

    def make_sops(self, count: int, length: int) -> "list[UUID]":
        """Write SOPs of `length` characters through the service and return their ids."""
        import random

        from accounts.tenancy import scope
        from knowledge_base.services.sops import create_sop

        rng = random.Random(7)
        made = []
        for number in range(count):
            with scope(self.actor):
                sop = create_sop(
                    actor=self.actor,
                    title=f"{make_title(rng)} {number}",
                    content=make_document(rng, length),
                    summary="What to do, in which order, and whom to tell.",
                    category="Operations",
                    tags=["bench", "real"],
                    search_keywords=["mail", "restart", "server", "on call"],
                )
            made.append(sop.pk)
        return made


@contextmanager
def running_stack(data_dir: Path) -> Iterator[Stack]:
    """Start PostgreSQL and Valkey, make tables and an organisation; stop and remove all after."""
    from config.embedded.addresses import addresses
    from config.embedded.postgres import PostgresServer
    from config.embedded.roles import ensure_roles
    from config.embedded.valkey import ValkeyServer

    postgres, valkey = PostgresServer(data_dir), ValkeyServer(data_dir)
    with ExitStack() as cleanup:
        for folder in (data_dir, addresses(data_dir).socket_dir):
            cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        cleanup.callback(_remove_kept, data_dir)
        postgres.start(data_dir / "postgres.log")
        cleanup.callback(postgres.stop)
        valkey.start(data_dir / "valkey.log")
        cleanup.callback(valkey.stop)
        ensure_roles(postgres.connect)
        cleanup.callback(_close_connections)
        yield _install(data_dir)


def _install(data_dir: Path) -> Stack:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)

    from accounts.actors import Actor
    from accounts.choices import Role
    from accounts.models import User
    from accounts.services import create_organization
    from accounts.tenancy import system_scope

    with system_scope():
        user = User.objects.create_user("bench@example.com", PASSWORD, name="Bench")
        organization = create_organization(name="Bench", slug="bench", owner=user)
    return Stack(data_dir, user, Actor(user.pk, organization.pk, Role.OWNER))


@contextmanager
def web(stack: Stack, **environment: str) -> Iterator[int]:
    """Run the web process exactly as `manage.py up` does; yield its port."""
    port = free_port()
    with _serving(stack, replace_env(web_command(stack, port), environment), port, "/health/live"):
        yield port


@contextmanager
def live(stack: Stack, **environment: str) -> Iterator[tuple[int, int]]:
    """Run the live process exactly as `manage.py up` does; yield its port and process id."""
    port = free_port()
    command = replace_env(_command(stack, "live", port - 1, port), environment)
    with _serving(stack, command, port, "/health/live") as pid:
        yield port, pid


@contextmanager
def bare(stack: Stack, *, gunicorn: bool = False) -> Iterator[int]:
    """Run the bare viewset with as many workers and threads as ours; yield its port.

    On our own server, or under gunicorn, where most Django projects run.
    """
    port = free_port()
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
    command = replace(web_command(stack, port), env=settings)
    argv = _under_gunicorn(port, command.argv) if gunicorn else _ours(command.argv)
    with _serving(stack, replace(command, argv=argv), port, "/documents/"):
        yield port


def _ours(argv: tuple[str, ...]) -> tuple[str, ...]:
    from django.conf import settings

    module, _, name = settings.WSGI_APPLICATION.rpartition(".")
    return tuple(_BARE if part == f"{module}:{name}" else part for part in argv)


def _under_gunicorn(port: int, argv: tuple[str, ...]) -> tuple[str, ...]:
    # `--workers 2` and the like, as our server is told.
    told = dict(itertools.pairwise(argv))
    return (
        *(sys.executable, "-m", "gunicorn", _BARE, "--worker-class", "gthread"),
        *("--bind", f"127.0.0.1:{port}", "--keep-alive", "60"),
        *("--workers", told["--workers"], "--threads", told["--blocking-threads"]),
    )


def web_command(stack: Stack, port: int) -> "Command":
    """Return the command of the process `web` of an installation."""
    return _command(stack, "web", port, port + 1)


def process_command(stack: Stack, name: str) -> "Command":
    """Return the command of a process without ports, by its name in an installation."""
    return _command(stack, name, 0, 0)


def _command(stack: Stack, name: str, port: int, live_port: int) -> "Command":
    from config.metrics.exposition import shared_folder
    from config.supervisor.options import Options
    from config.supervisor.specs import service_specs

    shared_folder(stack.data_dir).mkdir(exist_ok=True)
    options = Options("127.0.0.1", port, live_port, stack.data_dir, demo=False)
    specs = {spec.name: spec for spec in service_specs(options)}
    return specs[name].command()


def replace_env(command: "Command", environment: dict[str, str]) -> "Command":
    """Return `command` with more variables."""
    return replace(command, env={**command.env, **environment})


def make_bare_table(stack: Stack) -> None:
    """Copy the SOPs into a table of the same shape without policies, triggers and most indexes.

    Beside it stand the tables of the peer's events and audit rows.
    """
    with stack.database() as connection:
        connection.execute("DROP TABLE IF EXISTS benchmark_documents")
        connection.execute("CREATE TABLE benchmark_documents (LIKE knowledge_base_sops)")
        connection.execute("INSERT INTO benchmark_documents SELECT * FROM knowledge_base_sops")
        connection.execute("ALTER TABLE benchmark_documents ADD PRIMARY KEY (sop_id)")
        connection.execute("CREATE INDEX ON benchmark_documents (updated_at DESC, sop_id DESC)")
        connection.execute(_RECORDS)
        connection.execute("VACUUM ANALYZE")


def make_bare_models(stack: Stack) -> None:
    """Copy the function models into such a table, and make the one that every peer has."""
    make_bare_table(stack)
    with stack.database() as connection:
        connection.execute("DROP TABLE IF EXISTS benchmark_models")
        connection.execute("CREATE TABLE benchmark_models (LIKE function_models)")
        connection.execute("INSERT INTO benchmark_models SELECT * FROM function_models")
        connection.execute("ALTER TABLE benchmark_models ADD PRIMARY KEY (model_id)")
        connection.execute("CREATE INDEX ON benchmark_models (updated_at DESC, model_id DESC)")
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _serving(stack: Stack, command: "Command", port: int, probe: str) -> Iterator[int]:
    from config.embedded.process import spawn, stop

    with (stack.data_dir / "web.log").open("ab") as log:
        process = spawn(command, stdout=log)
    try:
        _wait_until_answered(port, probe)
        yield process.pid
    finally:
        stop(process, command)


def _wait_until_answered(port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass  # not listening yet
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise RuntimeError(f"Nothing answers {path} on port {port}.")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _close_connections() -> None:
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()


def _remove_kept(data_dir: Path) -> None:
    from config.embedded.places import kept_elsewhere

    for folder in kept_elsewhere(data_dir):
        shutil.rmtree(folder, ignore_errors=True)
