"""The embedded PostgreSQL, run for real: private, restartable after any end, clear in refusal."""

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString

import psutil
import pytest

from config.embedded.errors import EmbeddedError
from config.embedded.postgres import THROWAWAY, PostgresServer

StartServer = Callable[..., PostgresServer]


@pytest.fixture
def start_server(data_dir: Path) -> Iterator[StartServer]:
    """Start servers on the same data directory; all are stopped in the end."""
    started: list[PostgresServer] = []

    def start(**settings: str) -> PostgresServer:
        server = PostgresServer(data_dir, {**THROWAWAY, "shared_buffers": "16MB", **settings})
        started.append(server)
        server.start(data_dir / "postgres.log")
        return server

    yield start
    for server in started:
        server.stop()


def ask(server: PostgresServer, query: LiteralString) -> object:
    """Return the first column of the first row."""
    with server.connect() as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_a_server_listens_in_a_private_folder_and_nowhere_else(start_server: StartServer) -> None:
    server = start_server()

    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert ask(server, "SHOW listen_addresses") == ""
    postmaster = server.postmaster()
    assert postmaster is not None
    assert postmaster.net_connections("inet") == []
    assert postmaster.uids().real != 0


def test_the_cluster_speaks_utf8_with_checksums_and_knows_vectors(
    start_server: StartServer,
) -> None:
    server = start_server()

    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SHOW data_checksums") == "on"
    available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"
    assert ask(server, available) == 1


def test_data_survive_a_killed_server(start_server: StartServer) -> None:
    server = start_server(synchronous_commit="on")
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    postmaster = server.postmaster()
    assert postmaster is not None
    postmaster.kill()
    postmaster.wait(5)

    again = start_server()

    assert ask(again, "SELECT n FROM kept") == 42


def test_a_server_left_by_a_killed_parent_is_replaced(start_server: StartServer) -> None:
    left = start_server().postmaster()
    assert left is not None

    server = start_server()

    new = server.postmaster()
    assert new is not None
    assert new.pid != left.pid
    # Whoever inherits it may not have taken note of its end yet.
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_a_reused_process_number_does_not_block_the_start(
    start_server: StartServer, data_dir: Path
) -> None:
    server = start_server()
    server.stop()
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir}/postgres\n0\n5432\n{server.socket_dir}\n")
    stale = server.socket_dir / ".s.PGSQL.5432.lock"
    stale.write_text(f"{os.getpid()}\n")

    assert server.postmaster() is None
    assert ask(start_server(), "SELECT 1") == 1


def test_a_killed_initdb_leaves_nothing_that_blocks_the_next(
    start_server: StartServer, data_dir: Path
) -> None:
    half = data_dir / "postgres.partial"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")

    assert ask(start_server(), "SELECT 1") == 1
    assert not half.exists()


@pytest.mark.parametrize(
    ("version", "reason"),
    [("16", "was made by PostgreSQL 16, this is 18"), (None, "is not a PostgreSQL cluster")],
)
def test_a_folder_of_another_kind_is_refused_and_left_alone(
    data_dir: Path, version: str | None, reason: str
) -> None:
    cluster = data_dir / "postgres"
    cluster.mkdir()
    (cluster / "precious").write_text("kept")
    if version:
        (cluster / "PG_VERSION").write_text(version)

    with pytest.raises(EmbeddedError, match=reason):
        PostgresServer(data_dir).start()

    assert (cluster / "precious").read_text() == "kept"


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(
    start_server: StartServer,
) -> None:
    with pytest.raises(EmbeddedError, match="did not start") as refusal:
        start_server(no_such_setting="1")

    assert 'unrecognized configuration parameter "no_such_setting"' in str(refusal.value)


def test_an_initdb_that_fails_is_reported(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.embedded.postgres.SUPERUSER", "pg_reserved")

    with pytest.raises(EmbeddedError, match="initdb failed in .*pg_reserved"):
        PostgresServer(data_dir).start()

    assert not (data_dir / "postgres").exists()


def test_processes_that_do_not_leave_the_cluster_stop_the_start(
    start_server: StartServer, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    server.stop()
    stranger = psutil.Popen(["sleep", "60"], cwd=data_dir / "postgres")
    wait = psutil.wait_procs
    monkeypatch.setattr(psutil, "wait_procs", lambda procs, timeout: wait(procs, timeout=0.1))
    try:
        with pytest.raises(EmbeddedError, match=rf"\[{stranger.pid}\] still work on"):
            start_server()
    finally:
        stranger.kill()
        stranger.wait(5)


def test_a_stopped_server_shuts_down_cleanly(start_server: StartServer) -> None:
    server = start_server()
    postmaster = server.postmaster()
    assert postmaster is not None
    started = time.monotonic()

    server.stop()

    assert not postmaster.is_running()
    assert time.monotonic() - started < 60
    assert not server.is_ready()
    assert server.command().stop_signal is signal.SIGINT
