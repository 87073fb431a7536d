"""Gives every test session its own embedded PostgreSQL and Valkey, before the settings are read.

Loaded by `-p tests.plugins.servers`. The first process (the controller of xdist, or the only one)
takes a free slot, a data directory named after the checkout, and starts the servers in it; the
workers find its address in the environment. With DATABASE_URL and REDIS_URL set nothing starts.
The cluster is kept between sessions, so that only the first one pays for making it.
"""

import fcntl
import hashlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import IO, Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
SLOTS = 8


class Server(Protocol):
    """A server that was started and can be stopped."""

    def stop(self) -> None:
        """Stop it."""


_held: list[IO[str]] = []
_started: list[Server] = []


def _take_slot() -> Path:
    """Return the data directory of the first slot that no other session of this checkout holds."""
    digest = hashlib.sha256(f"{ROOT}".encode()).hexdigest()[:8]
    for slot in range(SLOTS):
        data_dir = Path("/tmp") / f"nodeloom-tests-{os.getuid()}-{digest}-{slot}"  # noqa: S108
        data_dir.mkdir(mode=0o711, exist_ok=True)
        if data_dir.is_symlink() or data_dir.stat().st_uid != os.getuid():
            continue
        lock = (data_dir / "session.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _held.append(lock)
        return data_dir
    raise pytest.UsageError(f"All {SLOTS} test servers of this checkout are in use.")


def _addresses_module() -> ModuleType:
    """Load the one module by path: importing its package now would hide it from coverage."""
    path = ROOT / "config" / "embedded" / "addresses.py"
    spec = importlib.util.spec_from_file_location("_addresses", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["_addresses"] = module
    spec.loader.exec_module(module)
    return module


def _set_environment() -> None:
    """Point the settings at this session's servers and this process at its own databases."""
    os.environ.setdefault("NODELOOM_DB_POOL", "0")
    # Its thread would write beside the tests; those about it switch it on.
    os.environ.setdefault("NODELOOM_SLOW_QUERY_SECONDS", "0")
    if not WORKER:
        os.environ["NODELOOM_DATA_DIR"] = str(_take_slot())
        os.environ["NODELOOM_TEST_REDIS_URL"] = os.environ.get("REDIS_URL", "")
    if not os.environ["NODELOOM_TEST_REDIS_URL"]:
        number = int(WORKER.removeprefix("gw") or 0) + 1 if WORKER else 0
        where = _addresses_module().addresses(Path(os.environ["NODELOOM_DATA_DIR"]))
        os.environ["REDIS_URL"] = where.redis_url(2 * number)
        os.environ["BROKER_URL"] = where.broker_url(2 * number + 1)


_set_environment()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers, unless this is a worker or the session only looks."""
    if WORKER or session.config.option.collectonly:
        return
    from config.embedded import postgres, valkey
    from config.embedded.roles import ensure_roles

    data_dir = Path(os.environ["NODELOOM_DATA_DIR"])
    if not os.environ.get("DATABASE_URL"):
        database = postgres.PostgresServer(data_dir, postgres.THROWAWAY)
        database.start(data_dir / "postgres.log")
        _started.append(database)
        ensure_roles(database.connect)
    if not os.environ["NODELOOM_TEST_REDIS_URL"]:
        cache = valkey.ValkeyServer(data_dir, valkey.THROWAWAY)
        cache.start(data_dir / "valkey.log")
        _started.append(cache)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what was started, last first, and give the slot back."""
    while _started:
        _started.pop().stop()
    while _held:
        _held.pop().close()
