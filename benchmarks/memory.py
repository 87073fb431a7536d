"""The memory of everything that `manage.py up` starts, at rest."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.stack import Stack, free_port

READY_SECONDS = 180.0
REST_SECONDS = 10.0
MEGABYTE = 1024 * 1024
# What a command line holds, and how the process is called in the table.
KINDS = {
    "granian": "web",
    "uvicorn": "live",
    "django relay": "relay",
    "celery -q -A config beat": "beat",
    "default,maintenance": "worker",
    "embeddings,": "runner",
    "valkey-server": "valkey",
    "postgres": "postgres",
    "manage.py up": "supervisor",
}


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield PSS and USS of each kind of process and of all; PSS shares out what is shared."""
    folder = Path(tempfile.mkdtemp(prefix="nodeloom-rest-", dir="/tmp"))  # noqa: S108
    folder.chmod(0o711)
    port = free_port()
    command = [
        *(sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)),
        *("--live-port", str(free_port()), "--data-dir", str(folder)),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(port)
        time.sleep(REST_SECONDS)
        yield from _figures(psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        _remove(folder)


def _figures(supervisor: psutil.Process) -> Iterator[Figure]:
    pss: dict[str, float] = defaultdict(float)
    uss: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for process in [supervisor, *supervisor.children(recursive=True)]:
        memory = process.memory_full_info()
        kind = _kind(" ".join(process.cmdline()))
        pss[kind] += memory.pss / MEGABYTE
        uss[kind] += memory.uss / MEGABYTE
        count[kind] += 1
    for kind in sorted(pss, key=lambda kind: -pss[kind]):
        yield Figure(
            f"memory at rest: {kind}, {count[kind]} processes",
            f"{pss[kind]:.0f} MB PSS, {uss[kind]:.0f} MB USS",
        )
    yield Figure(
        f"memory at rest: all {sum(count.values())} processes",
        f"{sum(pss.values()):.0f} MB PSS, {sum(uss.values()):.0f} MB USS",
    )


def _kind(line: str) -> str:
    return next((kind for part, kind in KINDS.items() if part in line), line[:30])


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _remove(folder: Path) -> None:
    from config.embedded.addresses import addresses
    from config.embedded.places import kept_elsewhere

    for path in (*kept_elsewhere(folder), addresses(folder).socket_dir, folder):
        shutil.rmtree(path, ignore_errors=True)
