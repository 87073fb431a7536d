"""The thread that keeps slow statements: asks for their plan and writes their row."""

import os
import queue
import threading
import time
from dataclasses import dataclass, field

import structlog
from django.db import DatabaseError, InterfaceError, connections

from config.metrics.queries import SLOW_QUERIES_DROPPED
from config.slow_queries.plans import Plan, explain
from config.slow_queries.statements import fingerprint, normalise
from config.slow_queries.storage import store
from config.slow_queries.suggestions import Suggestion, suggest
from config.slow_queries.tables import table_facts

logger = structlog.get_logger(__name__)

MAX_WAITING = 200
PLAN_AGAIN_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One statement seen: slow (`seconds` > 0), or `repeated` so many times by one request."""

    sql: str
    seconds: float = 0.0
    parameter_types: list[str] = field(default_factory=list)
    repeated: int = 0
    request_id: str | None = None


class Recorder:
    """Takes observations from any thread and writes them from one.

    What comes while 200 are waiting is dropped and counted: a database in trouble must not be
    troubled more by its own diary.
    """

    def __init__(self) -> None:
        self._start_afresh()
        # A forked child inherits the object without its thread.
        os.register_at_fork(after_in_child=self._start_afresh)

    def _start_afresh(self) -> None:
        self._waiting: queue.Queue[Observation] = queue.Queue(MAX_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._planned: dict[str, float] = {}

    def submit(self, observation: Observation) -> None:
        """Leave `observation` for the thread, which is started with the first one."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="slow-query-recorder", daemon=True
                )
                self._thread.start()
        try:
            self._waiting.put_nowait(observation)
        except queue.Full:
            SLOW_QUERIES_DROPPED.inc()

    def is_current_thread(self) -> bool:
        """Return whether the caller is the recorder itself, whose statements are not recorded."""
        return threading.current_thread() is self._thread

    def drain(self) -> None:
        """Wait until everything handed over so far is written (for commands and tests)."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            observation = self._waiting.get()
            try:
                self._keep(observation)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("slow_query_not_recorded", error=str(error).strip())
            finally:
                if self._waiting.empty():
                    connections["default"].close()
                self._waiting.task_done()

    def _keep(self, observation: Observation) -> None:
        sql = normalise(observation.sql)
        name = fingerprint(sql)
        plan, suggestions = self._plan(name, observation.sql)
        store(name, sql, observation, plan, suggestions)

    def _plan(self, name: str, sql: str) -> tuple[Plan | None, list[Suggestion]]:
        """Return the plan and what it calls for; None for a statement planned a moment ago."""
        now = time.monotonic()
        if now - self._planned.get(name, -PLAN_AGAIN_SECONDS) < PLAN_AGAIN_SECONDS:
            return None, []
        if len(self._planned) > MAX_WAITING * 10:
            self._planned.clear()
        self._planned[name] = now
        plan = explain(sql)
        return plan, suggest(plan, table_facts) if plan else []


recorder = Recorder()
