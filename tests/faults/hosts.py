"""Hosts of their own for workers: network namespaces that reach the servers over a cable.

The servers listen on Unix sockets. A gate at this end of the cable carries what comes over TCP to
them, so that a host whose cable is pulled hangs in the middle of what it was saying, as a host does
that was cut off: nothing is closed, nothing is refused.
"""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest

from config.embedded.addresses import APP_ROLE, OWNER_ROLE, addresses
from tests.faults.installation import Installation

_CHUNK = 65_536


@dataclass(frozen=True)
class Host:
    """A namespace and its cable; `environment` leads its processes to the servers."""

    namespace: str
    cable: str
    environment: dict[str, str]

    @property
    def prefix(self) -> tuple[str, ...]:
        """The beginning of a command that is to run on this host."""
        return ("ip", "netns", "exec", self.namespace)

    def cut_off(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self.cable, "down")

    def join(self) -> None:
        """Put the cable in again."""
        _ip("link", "set", self.cable, "up")


@contextmanager
def host(installation: Installation, number: int) -> Iterator[Host]:
    """Make a host with the address 10.231.`number`.2 that reaches the servers at …1.

    Skips where no namespaces can be made: that needs root and `ip`.
    """
    if shutil.which("ip") is None or subprocess.run(["unshare", "-n", "true"]).returncode:
        pytest.skip("needs network namespaces")
    mark = token_hex(3)
    namespace, cable, end = f"nl{mark}", f"nlc{mark}", f"nle{mark}"
    here, there = f"10.231.{number}.1", f"10.231.{number}.2"
    with ExitStack() as cleanup:
        _ip("netns", "add", namespace)
        cleanup.callback(_ip, "netns", "delete", namespace)
        _ip("link", "add", cable, "type", "veth", "peer", "name", end, "netns", namespace)
        _ip("address", "add", f"{here}/30", "dev", cable)
        _ip("link", "set", cable, "up")
        _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("-n", namespace, "address", "add", f"{there}/30", "dev", end)
        _ip("-n", namespace, "link", "set", end, "up")
        where = addresses(installation.data_dir)
        database = cleanup.enter_context(_gate(here, where.socket_dir / ".s.PGSQL.5432"))
        valkey = cleanup.enter_context(_gate(here, where.valkey_socket))
        name = installation.environment["DATABASE_URL"].rpartition("/")[2]
        yield Host(
            namespace,
            cable,
            {
                "DATABASE_URL": f"postgres://{APP_ROLE}@{here}:{database}/{name}",
                "DATABASE_OWNER_URL": f"postgres://{OWNER_ROLE}@{here}:{database}/{name}",
                "REDIS_URL": f"redis://{here}:{valkey}/0",
                "BROKER_URL": f"redis://{here}:{valkey}/1",
            },
        )


@contextmanager
def _gate(address: str, target: Path) -> Iterator[int]:
    """Carry what comes to a port of `address` to a Unix socket and back; return the port."""
    listener = socket.create_server((address, 0))
    threading.Thread(target=_accept, args=(listener, target), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, target: Path) -> None:
    with suppress(OSError):  # it was closed
        while True:
            caller, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(target))
            for one, other in ((caller, server), (server, caller)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(_CHUNK):
            other.sendall(said)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
