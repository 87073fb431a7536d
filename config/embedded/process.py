"""Child processes that never outlive their parent and that can be stopped as a whole group."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from config.embedded.account import Account

PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child must not run the dynamic loader.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """One program to run: its arguments, its account and the signal that ends it well."""

    argv: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    account: Account | None = None
    cwd: Path = Path("/")
    env: Mapping[str, str] = field(default_factory=dict)


def _die_with(parent: int, stop_signal: signal.Signals) -> Callable[[], None]:
    """Return the function that ties the child to its parent, run between fork and exec.

    The kernel clears the tie when the user id changes, so it is set after that switch (subprocess
    calls `preexec_fn` last). A parent that died before the call is found by its changed id.
    """

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def spawn(command: Command, *, stdout: int | IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; only the main thread may call this.

    The kernel's tie belongs to the thread that forked: were that a short-lived one, its end would
    kill the child.
    """
    identity: dict[str, Any] = {}
    if command.account is not None:
        identity = {
            "user": command.account.uid,
            "group": command.account.gid,
            "extra_groups": [],
        }
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={**os.environ, **command.env},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout is not None else None,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid(), command.stop_signal),
        **identity,
    )


def stop(process: subprocess.Popen[bytes], command: Command) -> None:
    """Ask the process to end, wait, and kill whatever of its session is left."""
    if process.poll() is None:
        process.send_signal(command.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(command.stop_seconds)
    kill_group(process.pid)
    process.wait()


def kill_group(group: int) -> None:
    """Kill every process of the group; the group may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
