"""A whole installation with servers of its own, any part of which can be killed and started again.

The processes are those of `manage.py up`, started by the same commands. PostgreSQL is a copy of the
server of the tests, so that its tables need not be made again; unlike that one it writes each
commit out before it answers.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections

from benchmarks.stack import free_port
from config.embedded.addresses import APP_ROLE, OWNER_ROLE, addresses
from config.embedded.places import private_folder
from config.embedded.postgres import SUPERUSER, PostgresServer
from config.embedded.process import kill_group, spawn
from config.embedded.valkey import ValkeyServer
from config.metrics.exposition import MULTIPROCESS_VARIABLE, shared_folder
from config.supervisor.options import Options
from config.supervisor.specs import service_specs
from tests.plugins.data_dirs import fresh_data_dir

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
# A killed process loses nothing that it has handed to the kernel, hence no fsync.
DATABASE = {"fsync": "off", "shared_buffers": "64MB"}
# The relay's own sweep is put off: what it delivers, it delivers because it heard of it.
SLOW_SWEEP = {"NODELOOM_DELIVERY_SWEEP_SECONDS": "600"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who signs in by token."""

    token: str
    organization: str

    @property
    def headers(self) -> dict[str, str]:
        """What each request of theirs carries."""
        return {
            "Authorization": f"Bearer {self.token}",
            "X-Organization": self.organization,
            "Content-Type": "application/json",
        }


@dataclass
class Installation:
    """The servers, the processes, and who works with them."""

    data_dir: Path
    postgres: PostgresServer
    valkey: ValkeyServer
    options: Options
    environment: dict[str, str]
    people: dict[str, Caller] = field(default_factory=dict)
    sops: list[str] = field(default_factory=list)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start these processes; their output goes into one log each."""
        for name in names:
            self.start_as(name, name, SLOW_SWEEP if name == "relay" else {})

    def start_as(
        self, name: str, kind: str, environment: Mapping[str, str], prefix: tuple[str, ...] = ()
    ) -> None:
        """Start one more process of a kind, under a name and with settings of its own.

        With a `prefix` to its command it runs somewhere else.
        """
        specs = {spec.name: spec for spec in service_specs(self.options)}
        with mock.patch.dict(os.environ, self.environment):
            command = specs[kind].command()
        own = tuple(f"{name}@%h" if part == f"{kind}@%h" else part for part in command.argv)
        environment = {**command.env, **self.environment, **environment}
        command = replace(command, argv=(*prefix, *own), env=environment, cwd=ROOT)
        with self._log(name).open("ab") as log:
            self._running[name] = spawn(command, stdout=log)

    def process(self, name: str) -> "subprocess.Popen[bytes]":
        """Return a process that was started."""
        return self._running[name]

    def forget(self, name: str) -> None:
        """Expect a process, which has been ended on purpose, no longer to run."""
        del self._running[name]

    def kill(self, name: str) -> None:
        """End a process and its children by SIGKILL."""
        process = self._running.pop(name)
        kill_group(process.pid)
        process.wait(PATIENCE)

    def stop(self) -> None:
        """End all processes, in no good order: nothing of theirs is kept."""
        for name in list(self._running):
            self.kill(name)

    def dead(self) -> list[str]:
        """Return the processes that ended by themselves."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def log(self, name: str) -> str:
        """Return what a process has written."""
        return self._log(name).read_text()

    def kill_database(self) -> None:
        """Kill PostgreSQL's first process; the others end with it."""
        postmaster = self.postgres.postmaster()
        assert postmaster is not None
        postmaster.kill()
        self.postgres.stop()

    def connect(self) -> psycopg.Connection:
        """Return a connection of a superuser, who sees past all policies."""
        return self.postgres.connect(str(connections["owner"].settings_dict["NAME"]))

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return what a superuser reads."""
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def act(self, query: str, *values: object) -> None:
        """Run a statement as a superuser."""
        with self.connect() as connection:
            connection.execute(query.encode(), values)

    def ask(
        self, person: str, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, Any]]:
        """Send one request to the web process; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=PATIENCE)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, self.people[person].headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        finally:
            connection.close()

    def _log(self, name: str) -> Path:
        return self.data_dir / f"{name}.log"


@contextmanager
def installation() -> Iterator[Installation]:
    """Run servers and no processes yet for as long as the block lasts, with people and SOPs."""
    with ExitStack() as cleanup:
        data_dir = cleanup.enter_context(fresh_data_dir())
        postgres = PostgresServer(data_dir, DATABASE)
        _copy_database(postgres)
        postgres.start(data_dir / "postgres.log")
        cleanup.callback(postgres.stop)
        valkey = ValkeyServer(data_dir)
        valkey.start(data_dir / "valkey.log")
        cleanup.callback(valkey.stop)
        options = Options("127.0.0.1", free_port(), free_port(), data_dir, demo=False)
        running = Installation(data_dir, postgres, valkey, options, _environment(options))
        cleanup.callback(running.stop)
        _seed(running)
        yield running


def eventually(reached: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until `reached()` is true; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "This did not happen in time."
        time.sleep(0.05)


def _copy_database(server: PostgresServer) -> None:
    account = server.account
    private_folder(server.cluster, account)
    subprocess.run(
        [
            *(str(server.bin / "pg_basebackup"), "-U", SUPERUSER),
            *("-h", str(addresses(Path(settings.DATA_DIR)).socket_dir)),
            *("-D", str(server.cluster), "-X", "stream", "-c", "fast"),
        ],
        check=True,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _environment(options: Options) -> dict[str, str]:
    where = addresses(options.data_dir)
    folder = quote(str(where.socket_dir), safe="")
    name = connections["owner"].settings_dict["NAME"]
    shared_folder(options.data_dir).mkdir()
    return {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "NODELOOM_DATA_DIR": str(options.data_dir),
        "DATABASE_URL": f"postgres://{APP_ROLE}@{folder}/{name}",
        "DATABASE_OWNER_URL": f"postgres://{OWNER_ROLE}@{folder}/{name}",
        "REDIS_URL": where.redis_url(0),
        "BROKER_URL": where.broker_url(1),
        MULTIPROCESS_VARIABLE: str(shared_folder(options.data_dir)),
        "NODELOOM_LOG_FORMAT": "json",
        "NODELOOM_WEB_WORKERS": "1",
        "NODELOOM_RATE_USER": "0",
        "NODELOOM_OUTBOUND_ALLOW": "127.0.0.1",
        "NODELOOM_DELIVERY_SWEEP_SECONDS": "1",
        "NODELOOM_WEBHOOK_SWEEP_SECONDS": "1",
        "NODELOOM_WEBHOOK_RETRY_SECONDS": "1,1,1,1,1,1,1",
        "NODELOOM_LIVE_HEARTBEAT_SECONDS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _seed(running: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.seed"],
        cwd=ROOT,
        env={**os.environ, **running.environment},
        check=True,
        stdout=subprocess.PIPE,
    )
    told = json.loads(done.stdout)
    running.people = {name: Caller(**values) for name, values in told["people"].items()}
    running.sops = told["sops"]
    running.act(
        "CREATE TABLE IF NOT EXISTS observed_effects (place bigserial, subscriber text,"
        " event_id uuid, entity_id uuid, sequence bigint, replayed boolean)"
    )
    running.act(f"GRANT ALL ON observed_effects, observed_effects_place_seq TO {APP_ROLE}")
