"""Real workers at real runs: started, killed, frozen; and what the tables say afterwards."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from tests.faults.hosts import Host
from tests.faults.installation import ROOT, Installation, eventually

# A heartbeat that comes late on a busy machine is no fault yet; two in a row are.
TIMES = {"NODELOOM_LEASE": "5", "NODELOOM_HEARTBEAT": "1", "NODELOOM_STEP_PROCESSES": "2"}
_EFFECTS = """
CREATE TABLE step_effects (place bigserial, key text, execution_id uuid, step_id text, attempt int,
    pid int, at timestamptz DEFAULT clock_timestamp())
"""
_OPEN = """
SELECT count(*) FROM executions WHERE execution_id = ANY(%s)
    AND status NOT IN ('completed', 'failed', 'cancelled')
"""
# An effect of a try that was given up may come late, from a worker that was slow to learn of it.
_TWICE = """
SELECT execution_id, step_id FROM execution_attempts done
JOIN execution_attempts later USING (execution_id, step_id)
WHERE execution_id = ANY(%s) AND done.status = 'success' AND later.number > done.number
"""
_KEYS = """
SELECT execution_id, step_id, count(DISTINCT key) FROM step_effects WHERE execution_id = ANY(%s)
GROUP BY 1, 2 HAVING count(DISTINCT key) > 1 OR count(*) > count(DISTINCT attempt)
"""
_TRIES = """
SELECT execution_id, step_id FROM execution_attempts WHERE execution_id = ANY(%s)
GROUP BY 1, 2 HAVING count(*) <> max(number) OR count(*) FILTER (WHERE status = 'success') <> 1
"""
_TAKEN_OVER = """
SELECT lost.worker, next.started_at FROM execution_attempts lost
JOIN execution_attempts next ON next.execution_id = lost.execution_id
    AND next.step_id = lost.step_id AND next.number = lost.number + 1
WHERE lost.execution_id = ANY(%s) AND lost.status = 'interrupted'
"""
_AT_WORK = """
SELECT 1 FROM execution_attempts
WHERE execution_id = ANY(%s) AND status = 'running' AND worker LIKE %s LIMIT 1
"""


@dataclass
class Runners:
    """The workers of an installation that do runs, and somebody who starts these."""

    installation: Installation
    _starter: "subprocess.Popen[str]"
    names: list[str] = field(default_factory=list)
    lost: dict[int, Any] = field(default_factory=dict)

    def start(self, *names: str, **environment: str) -> None:
        """Start workers of these names."""
        for name in names:
            self.installation.start_as(name, "runner", TIMES | environment)
            self.names.append(name)

    def start_on(self, host: Host, name: str) -> None:
        """Start a worker on a host of its own."""
        environment = TIMES | host.environment
        self.installation.start_as(name, "runner", environment, host.prefix)
        self.names.append(name)

    def kill(self, name: str) -> None:
        """Kill the worker's first process by SIGKILL; what it left must end by itself."""
        process = self.installation.process(name)
        [(now,)] = self.installation.rows("SELECT clock_timestamp()")
        self.lost[process.pid] = now
        process.kill()
        process.wait()
        eventually(lambda: not _is_alive(process.pid), seconds=15)
        self.installation.forget(name)
        self.names.remove(name)

    def kill_at_work(self, runs: Sequence[UUID], chance: Random) -> None:
        """Kill one of the workers while it is at a step of these runs."""
        frozen: list[str] = []

        def is_one_frozen() -> bool:
            name = chance.choice(self.names)
            process = self.installation.process(name)
            process.send_signal(signal.SIGSTOP)
            if self.installation.rows(_AT_WORK, list(runs), f"%:{process.pid}"):
                frozen.append(name)
            else:
                process.send_signal(signal.SIGCONT)
            return bool(frozen)

        eventually(is_one_frozen)
        self.kill(frozen[0])

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a worker with all its processes, so that it stops or goes on."""
        os.killpg(self.installation.process(name).pid, number)

    def stop(self) -> None:
        """End all of them."""
        for name in self.names:
            self.installation.kill(name)
        self.names.clear()

    def run(self, *steps: dict[str, Any], count: int = 1, **more: Any) -> list[UUID]:
        """Start so many runs of these steps and return their ids."""
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        order = {"steps": steps, "count": count, "more": more}
        self._starter.stdin.write(json.dumps(order) + "\n")
        self._starter.stdin.flush()
        return [UUID(key) for key in json.loads(self._starter.stdout.readline())]

    def open(self, runs: Sequence[UUID]) -> int:
        """Return how many of these runs have not ended."""
        return int(self.installation.rows(_OPEN, list(runs))[0][0])

    def has_acted(self, runs: Sequence[UUID], count: int) -> bool:
        """Say whether the steps of these runs have acted so often."""
        query = "SELECT count(*) FROM step_effects WHERE execution_id = ANY(%s)"
        return bool(self.installation.rows(query, list(runs))[0][0] >= count)

    def has_ended(self, runs: Sequence[UUID], count: int) -> bool:
        """Say whether so many of these runs have ended."""
        return len(runs) - self.open(runs) >= count

    def wait(self, runs: Sequence[UUID], seconds: float = 60.0) -> None:
        """Wait until these runs have ended."""
        eventually(lambda: self.open(runs) == 0, seconds)

    def statuses(self, runs: Sequence[UUID]) -> dict[str, int]:
        """Return how many of these runs stand where."""
        query = "SELECT status, count(*) FROM executions WHERE execution_id = ANY(%s) GROUP BY 1"
        return dict(self.installation.rows(query, list(runs)))

    def tries(self, run: UUID, step_id: str) -> list[tuple[int, str, str]]:
        """Return number, status and the code of the error of each try of a step."""
        query = """SELECT number, status, coalesce(error->>'code', '') FROM execution_attempts
            WHERE execution_id = %s AND step_id = %s ORDER BY number"""
        return self.installation.rows(query, run, step_id)

    def assert_done_once(self, runs: Sequence[UUID]) -> None:
        """No committed step has run again, and what was repeated carried the same key."""
        wrong = {
            name: self.installation.rows(query, list(runs))
            for name, query in (("twice", _TWICE), ("keys", _KEYS), ("tries", _TRIES))
        }
        assert not any(wrong.values()), wrong

    def seconds_to_take_over(self, runs: Sequence[UUID]) -> list[float]:
        """Return how long after a kill each step of the dead began anew."""
        found = self.installation.rows(_TAKEN_OVER, list(runs))
        pids = [(int(worker.rpartition(":")[2]), at) for worker, at in found]
        return sorted((at - self.lost[pid]).total_seconds() for pid, at in pids if pid in self.lost)


@contextmanager
def runners(installation: Installation) -> Iterator[Runners]:
    """Make the table of effects and somebody who starts runs; workers are started by the test."""
    installation.act(_EFFECTS)
    installation.act("GRANT ALL ON step_effects, step_effects_place_seq TO PUBLIC")
    starter = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.starting"],
        cwd=ROOT,
        env={**os.environ, **installation.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    running = Runners(installation, starter)
    try:
        yield running
    finally:
        running.stop()
        starter.kill()
        starter.wait()
        installation.act("DROP TABLE step_effects")


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
