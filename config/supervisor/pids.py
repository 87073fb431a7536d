"""A note of what was started, so that the next start can end what a killed supervisor left."""

import contextlib
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Started:
    """A process with the moment of its birth: a number alone may be reused by a stranger."""

    name: str
    pid: int
    create_time: float
    stop_signal: int


def note(path: Path, started: list[Started]) -> None:
    """Write the note whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(one) for one in started]))
    partial.replace(path)


def sweep(path: Path) -> list[str]:
    """End what the note names and still runs; return the names. The note is removed.

    Every child leads a session of its own. A session's number is not given away while one member
    lives, so members are found even where their leader is gone.
    """
    try:
        recorded = [Started(**entry) for entry in json.loads(path.read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        return []
    names: list[str] = []
    left: list[psutil.Process] = []
    for one in recorded:
        members = _members(one)
        for process in members:
            with contextlib.suppress(psutil.Error):
                if process.pid == one.pid:
                    process.send_signal(signal.Signals(one.stop_signal))
        if members:
            names.append(one.name)
        left += members
    _, alive = psutil.wait_procs(left, timeout=GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    path.unlink(missing_ok=True)
    return names


def _members(one: Started) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        if psutil.Process(one.pid).create_time() != one.create_time:
            return []  # the number belongs to a stranger by now
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == one.pid and process.create_time() >= one.create_time:
                members.append(process)
    return members
