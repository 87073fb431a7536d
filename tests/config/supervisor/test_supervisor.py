"""Children kept alive, given up and stopped: with real processes that do next to nothing."""

import io
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.embedded.process import Command
from config.supervisor import child as child_module
from config.supervisor.console import Terminal
from config.supervisor.errors import StopRequested, SupervisorError
from config.supervisor.specs import ProcessSpec
from config.supervisor.supervisor import Supervisor


class Stage:
    """A supervisor, what it printed, and its processes by name."""

    def __init__(self, pids_path: Path) -> None:
        """Print into memory."""
        self.output = io.StringIO()
        self.pids_path = pids_path
        self.supervisor = Supervisor(Terminal(self.output), pids_path)

    def shell(self, name: str, script: str, *, stop_seconds: float = 5) -> ProcessSpec:
        """Describe a process that runs a shell script."""
        command = Command(("/bin/sh", "-c", script), stop_seconds=stop_seconds)
        return ProcessSpec(name, lambda: command)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Keep the children alive until `text` was printed so often."""
        self.supervisor.wait_until(text, lambda: self.output.getvalue().count(text) >= times, 10)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage with short pauses; everything on it is stopped in the end."""
    monkeypatch.setattr(child_module, "FIRST_PAUSE_SECONDS", 0.01)
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    stage = Stage(tmp_path / "pids.json")
    yield stage
    stage.supervisor.stop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_lines_carry_the_name_of_their_process(stage: Stage) -> None:
    stage.supervisor.start(
        stage.shell("one", "echo hello; exec sleep 60"),
        stage.shell("two", "echo oops >&2; exec sleep 60"),
    )

    stage.wait_for("one       | hello")
    stage.wait_for("two       | oops")


def test_muted_lines_are_kept_for_a_report_but_not_shown(stage: Stage) -> None:
    command = Command(("/bin/sh", "-c", "echo LOG: quiet; echo; echo loud; exec sleep 60"))
    stage.supervisor.start(ProcessSpec("one", lambda: command, muted=("LOG:",)))

    stage.wait_for("loud")

    assert "quiet" not in stage.output.getvalue()


def test_a_killed_child_is_started_again_after_its_preparation(
    stage: Stage, tmp_path: Path
) -> None:
    prepared: list[int] = []
    pid_file = tmp_path / "pid"
    command = Command(("/bin/sh", "-c", f"echo $$ > {pid_file}; echo up; exec sleep 60"))
    stage.supervisor.start(ProcessSpec("one", lambda: command, prepare=lambda: prepared.append(1)))
    stage.wait_for("| up")
    killed = int(pid_file.read_text())

    psutil.Process(killed).kill()
    stage.wait_for("| up", times=2)

    assert "one       | killed by signal 9; starting again in 0.0 s" in stage.output.getvalue()
    assert int(pid_file.read_text()) != killed
    assert prepared == [1, 1]


def test_a_stop_asked_for_while_a_child_starts_waits_until_the_child_is_known(
    stage: Stage,
) -> None:
    stage.supervisor.listen_for_stop()
    command = Command(("/bin/sh", "-c", "exec sleep 60"))
    spec = ProcessSpec("one", lambda: command, prepare=lambda: signal.raise_signal(signal.SIGTERM))

    with pytest.raises(StopRequested):
        stage.supervisor.start(spec)

    noted = json.loads(stage.pids_path.read_text())
    assert [one["name"] for one in noted] == ["one"]
    stage.supervisor.stop()
    assert not psutil.pid_exists(noted[0]["pid"])


def test_what_a_dead_child_left_is_killed_before_the_next_start(
    stage: Stage, tmp_path: Path
) -> None:
    orphans = tmp_path / "orphans"
    stage.supervisor.start(
        stage.shell("one", f"sleep 60 & echo $! >> {orphans}; echo up; wait"),
    )
    stage.wait_for("| up")
    orphan = psutil.Process(int(orphans.read_text()))
    leader = orphan.parent()
    assert leader is not None

    leader.kill()
    stage.wait_for("| up", times=2)

    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_child_that_ends_five_times_in_a_row_is_given_up_with_its_last_words(
    stage: Stage,
) -> None:
    stage.supervisor.start(stage.shell("one", "echo cannot do this; exit 3"))

    with pytest.raises(SupervisorError) as refusal:
        stage.supervisor.watch()

    assert str(refusal.value).startswith("one ended 5 times in a row. It said last:\n")
    assert "cannot do this" in str(refusal.value)
    assert "ended with code 3; not started again" in stage.output.getvalue()


def test_a_child_that_had_settled_is_counted_from_one_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "SETTLED_SECONDS", -1.0)
    stage.supervisor.start(stage.shell("one", "echo up"))

    stage.wait_for("| up", times=7)

    assert "not started again" not in stage.output.getvalue()


def test_the_pause_before_a_start_grows_and_is_bounded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LONGEST_PAUSE_SECONDS", 0.03)
    stage.supervisor.start(stage.shell("one", "exit 1"))

    with pytest.raises(SupervisorError):
        stage.supervisor.watch()

    pauses = [
        line.split("starting again in ")[1]
        for line in stage.output.getvalue().splitlines()
        if "starting again" in line
    ]
    assert pauses == ["0.0 s"] * 4


def test_later_tiers_stop_first(stage: Stage, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"

    def script(name: str) -> str:
        return (
            f"trap 'echo {name} >> {stopped}; exit 0' TERM; echo up; while :; do sleep 0.02; done"
        )

    stage.supervisor.start(stage.shell("server", script("server")))
    stage.supervisor.start(stage.shell("web", script("web")))
    stage.wait_for("| up", times=2)

    stage.supervisor.stop()

    assert stopped.read_text().split() == ["web", "server"]
    assert not stage.pids_path.exists()


def test_a_child_that_does_not_listen_is_killed(stage: Stage) -> None:
    stage.supervisor.start(
        stage.shell("deaf", "trap '' TERM; echo up; while :; do sleep 0.02; done", stop_seconds=0.1)
    )
    stage.wait_for("| up")

    stage.supervisor.stop()

    assert not stage.pids_path.exists()


def test_a_second_signal_while_stopping_kills_at_once(stage: Stage) -> None:
    stage.supervisor.listen_for_stop()
    stage.supervisor.start(
        stage.shell("deaf", "trap '' TERM; echo up; while :; do sleep 0.02; done", stop_seconds=60)
    )
    stage.wait_for("| up")
    with pytest.raises(StopRequested):
        signal.raise_signal(signal.SIGTERM)
    started = time.monotonic()

    signal.raise_signal(signal.SIGINT)
    stage.supervisor.stop()

    assert time.monotonic() - started < 30


def test_what_is_not_ready_in_time_is_named(stage: Stage) -> None:
    with pytest.raises(SupervisorError, match="the door was not ready within 0 s"):
        stage.supervisor.wait_until("the door", lambda: False, 0.1)


def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import time, pathlib\n"
        "from config.embedded.process import Command, spawn\n"
        "child = spawn(Command(('/bin/sleep', '60')))\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = psutil.Popen([sys.executable, "-c", program], stdout=-1)
    parent.stdout.readline()
    child = psutil.Process(int((tmp_path / "pid").read_text()))

    parent.kill()
    parent.wait(5)

    child.wait(5)
    assert not child.is_running()
