"""Workers that do one transaction when they are told to, and whose jobs end when a test says so."""

from concurrent.futures import Future
from typing import Any

import orjson

from spindles.engine.failures import told
from spindles.engine.outputs import store_output
from spindles.engine.session import Session
from spindles.engine.stepping import Job
from spindles.registry.results import StepError
from tests.spindles.runs import Started


class Worker:
    """One worker at one run, by hand; `jobs` are those that were begun and have not been ended."""

    def __init__(self, run: Started, name: str = "one") -> None:
        self.run = run
        self.name = name
        self.jobs: dict[str, tuple[Job, Future[bytes]]] = {}
        self.begun: list[Job] = []
        self.session = Session(run.actor.tenant_id, run.pk, name, self._begin)

    def turn(self) -> bool:
        """Do one transaction and begin its jobs."""
        return self.session.turn()

    def key(self, step_id: str) -> str:
        """Return the idempotency key of the job at hand."""
        return str(orjson.loads(self.jobs[step_id][0].payload)["idempotency_key"])

    def answer(self, step_id: str, output: Any = None) -> None:
        """Let a job end well; the worker learns of it with its next turn."""
        job, future = self.jobs.pop(step_id)
        stored = store_output(
            output,
            organization_id=self.run.actor.tenant_id,
            execution_id=self.run.pk,
            step_id=step_id,
            attempt=job.attempt,
        )
        self._end(
            future,
            output=stored.value,
            file=stored.file,
            hash=stored.hash,
            size=stored.size,
            used=[],
        )

    def refuse(self, step_id: str, error: StepError) -> None:
        """Let a job end badly."""
        self._end(self.jobs.pop(step_id)[1], error=told(error))

    def lose(self, step_id: str, error: BaseException) -> None:
        """Let what does the job end without an answer."""
        future = self.jobs.pop(step_id)[1]
        if not future.cancelled():
            future.set_exception(error)

    def _begin(self, job: Job) -> "Future[bytes]":
        future: Future[bytes] = Future()
        self.jobs[job.step_id] = job, future
        self.begun.append(job)
        return future

    @staticmethod
    def _end(future: "Future[bytes]", **answer: Any) -> None:
        if future.cancelled():
            return  # the worker has stopped it: what comes after that is nobody's concern
        future.set_result(orjson.dumps({"seconds": 0.25, **answer}))
