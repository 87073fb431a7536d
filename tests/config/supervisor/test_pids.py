"""The note of what was started and the sweep that follows it."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from config.supervisor import pids
from config.supervisor.pids import Started, note, sweep


def start(script: str) -> psutil.Popen:
    """Start a Python script as the leader of its own session and wait for its first line."""
    process = psutil.Popen(
        [sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


def started(process: psutil.Popen, name: str = "one") -> Started:
    """Describe a process as the supervisor does."""
    return Started(name, process.pid, process.create_time(), int(signal.SIGTERM))


WAITS = "import time; print('up', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}"
LEAVES_A_CHILD = (
    "import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True)"
)


def test_what_still_runs_is_ended_and_named(tmp_path: Path) -> None:
    process = start(WAITS)
    note(tmp_path / "pids.json", [started(process)])

    assert sweep(tmp_path / "pids.json") == ["one"]

    assert not process.is_running()
    assert not (tmp_path / "pids.json").exists()


def test_what_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pids, "GRACE_SECONDS", 0.1)
    process = start(DEAF)
    note(tmp_path / "pids.json", [started(process)])

    assert sweep(tmp_path / "pids.json") == ["one"]

    assert not process.is_running()


def test_members_are_found_where_their_leader_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pids, "GRACE_SECONDS", 0.1)
    leader = psutil.Popen(
        [sys.executable, "-c", LEAVES_A_CHILD], start_new_session=True, stdout=subprocess.PIPE
    )
    entry = started(leader)
    member = psutil.Process(int(leader.stdout.readline()))
    leader.wait(5)
    note(tmp_path / "pids.json", [entry])

    assert sweep(tmp_path / "pids.json") == ["one"]

    assert not member.is_running() or member.status() == psutil.STATUS_ZOMBIE


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    process = start(WAITS)
    note(tmp_path / "pids.json", [replace(started(process), create_time=1.0)])

    assert sweep(tmp_path / "pids.json") == []

    assert process.is_running()
    process.kill()
    process.wait(5)


@pytest.mark.parametrize("text", ["", "{", '[{"name": "one"}]', "[1]"])
def test_a_note_that_says_nothing_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "pids.json").write_text(text)

    assert sweep(tmp_path / "pids.json") == []
    assert sweep(tmp_path / "missing.json") == []


def test_the_note_is_plain_json(tmp_path: Path) -> None:
    note(tmp_path / "pids.json", [Started("one", 7, 1.5, 2)])

    assert json.loads((tmp_path / "pids.json").read_text()) == [
        {"name": "one", "pid": 7, "create_time": 1.5, "stop_signal": 2}
    ]
