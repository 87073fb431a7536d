"""`manage.py up` from outside: started, refused, killed, started again, stopped; with everything.

One story in one test, because every start runs the whole platform.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import httpx2
import psutil
import psycopg
import pytest

from config.embedded.addresses import addresses
from config.supervisor.options import Options
from tests.plugins.data_dirs import fresh_data_dir

ROOT = Path(__file__).resolve().parents[3]
DECIDED_BY_THE_TESTS = (
    "NODELOOM_DATA_DIR",
    "NODELOOM_DB_POOL",
    "NODELOOM_TEST_REDIS_URL",
    "REDIS_URL",
    "BROKER_URL",
)
START_SECONDS = 120


class Up:
    """One run of `manage.py up`, its output in a file."""

    def __init__(self, data_dir: Path, port: int, log: Path, *, measured: bool = False) -> None:
        """Start it; `measured` counts its lines where the tests' own are counted.

        Only this process is measured, not its children: it is given the environment that it would
        otherwise start itself again for.
        """
        self.log = log
        environment = {k: v for k, v in os.environ.items() if k not in DECIDED_BY_THE_TESTS}
        measure: list[str] = []
        if measured and coverage.Coverage.current() is not None:
            measure = ["-m", "coverage", "run", "--parallel-mode"]
            options = Options("127.0.0.1", port, port + 1, data_dir, demo=True)
            environment = options.environment(environment)
        arguments = ["--data-dir", str(data_dir), "--port", str(port)]
        with log.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, *measure, "manage.py", "up", *arguments],
                cwd=ROOT,
                env={**environment, "NODELOOM_WEB_WORKERS": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()

    def wait_started(self) -> "Up":
        """Wait until it says that it runs."""
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C stops everything" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return self

    def refusal(self) -> str:
        """Wait until it has refused to start and return what it said."""
        assert self.process.wait(START_SECONDS) == 1, self.output
        return self.output


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory whose processes are all gone afterwards, whatever the test left."""
    with fresh_data_dir() as path:
        yield path
        for process in processes_of(path):
            process.kill()


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Return every process that was told of this data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            told = process.environ().get("NODELOOM_DATA_DIR") == str(data_dir)
            if process.pid != os.getpid() and (told or str(data_dir) in process.cmdline()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def wait_for_none(data_dir: Path, seconds: float) -> list[psutil.Process]:
    """Wait until nothing runs there any more; return what still does."""
    _, alive = psutil.wait_procs(processes_of(data_dir), timeout=seconds)
    return alive


def free_ports() -> int:
    """Return a port that is free together with the next one.

    Below those that the system lends to outgoing connections, one of which could take it meanwhile.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        try:
            with (
                socket.create_server(("127.0.0.1", port)),
                socket.create_server(("127.0.0.1", port + 1)),
            ):
                return port
        except OSError:
            continue


def status_of(url: str) -> int:
    """Return the status of a GET."""
    return httpx2.get(url, timeout=10).status_code


def owner(data_dir: Path) -> psycopg.Connection:
    """Connect to the installation's database as the owner of its tables."""
    where = str(addresses(data_dir).socket_dir)
    return psycopg.connect(host=where, user="nodeloom_owner", dbname="nodeloom", autocommit=True)


@pytest.mark.timeout(900)  # everything starts three times, beside other tests
def test_up_starts_refuses_a_second_survives_a_kill_and_stops(
    data_dir: Path, tmp_path: Path
) -> None:
    port = free_ports()
    first = Up(data_dir, port, tmp_path / "first.log").wait_started()
    assert status_of(f"http://127.0.0.1:{port}/health/ready") == 200
    assert status_of(f"http://127.0.0.1:{port + 1}/health/live") == 200
    assert re.findall(r"✓ (\w+)", first.output)[:4] == ["postgres", "valkey", "roles", "tables"]
    with owner(data_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")

    # A second one, here and elsewhere.
    second = Up(data_dir, port, tmp_path / "second.log").refusal()
    assert f"already running here: http://127.0.0.1:{port}" in second
    with fresh_data_dir() as elsewhere:
        third = Up(elsewhere, port, tmp_path / "third.log").refusal()
        assert f"Port {port} is taken by " in third
        assert "choose another with --port" in third
        assert not (elsewhere / "postgres").exists()
    assert status_of(f"http://127.0.0.1:{port}/health/ready") == 200

    # Killed without a chance to stop anything.
    first.process.kill()
    first.process.wait(5)
    again = Up(data_dir, port, tmp_path / "again.log", measured=True).wait_started()
    with owner(data_dir) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    assert "(shown this once)" not in again.output

    # Ctrl-C.
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(60) == 0
    assert again.output.rstrip().endswith("Stopped.")
    assert wait_for_none(data_dir, 1) == []
    assert not (data_dir / "pids.json").exists()
