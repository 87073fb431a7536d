"""The embedded Valkey, run for real."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.embedded.errors import EmbeddedError
from config.embedded.valkey import ValkeyServer

StartServer = Callable[..., ValkeyServer]


@pytest.fixture
def start_server(data_dir: Path) -> Iterator[StartServer]:
    """Start servers on the same data directory; all are stopped in the end."""
    started: list[ValkeyServer] = []

    def start(**settings: str) -> ValkeyServer:
        server = ValkeyServer(data_dir, settings)
        started.append(server)
        server.start(data_dir / "valkey.log")
        return server

    yield start
    for server in started:
        server.stop()


def process_of(server: ValkeyServer) -> psutil.Process:
    """Return the process that answers on the socket."""
    with server.client() as client:
        return psutil.Process(int(client.info("server")["process_id"]))


def test_a_server_listens_on_a_private_socket_and_nowhere_else(start_server: StartServer) -> None:
    server = start_server()

    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
    assert process_of(server).net_connections("inet") == []
    assert process_of(server).uids().real != 0


def test_it_never_evicts_and_keeps_a_log_of_writes(start_server: StartServer) -> None:
    with start_server().client() as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_data_survive_a_killed_server(start_server: StartServer) -> None:
    server = start_server()
    with server.client() as client:
        client.set("kept", "yes")
    killed = process_of(server)
    killed.kill()
    killed.wait(5)

    with start_server().client() as client:
        assert client.get("kept") == b"yes"


def test_a_server_left_by_a_killed_parent_is_replaced(start_server: StartServer) -> None:
    left = process_of(start_server())

    new = process_of(start_server())

    assert new.pid != left.pid
    assert not left.is_running()


def test_a_server_that_ends_at_once_is_reported(start_server: StartServer, data_dir: Path) -> None:
    with pytest.raises(EmbeddedError, match=f"Valkey did not start. See {data_dir}/valkey.log"):
        start_server(**{"no-such-setting": "1"})
