"""What became of a job, taken into the run."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import orjson
from pebble import ProcessExpired

from spindles.choices import AttemptStatus, Category
from spindles.engine.failures import from_told
from spindles.engine.outputs import Stored
from spindles.engine.state import Run, StepState
from spindles.engine.stepping import unexpected
from spindles.engine.transitions import complete, fail_as_planned, interrupt
from spindles.registry.results import StepError


def take_answer(run: Run, step: StepState, job: "Future[bytes]") -> None:
    """End the try of a step as its job has ended."""
    error = None if job.cancelled() else job.exception(0)
    if job.cancelled() or isinstance(error, BrokenProcessPool):
        interrupt(run, step)  # the worker is being stopped, or its processes are gone
    elif error is None:
        _take(run, step, job.result(0))
    else:
        timed_out = isinstance(error, TimeoutError)
        status = AttemptStatus.TIMEOUT if timed_out else AttemptStatus.FAILED
        fail_as_planned(run, step, _of_process(error), status=status, known=False)


def _take(run: Run, step: StepState, written: bytes) -> None:
    answer = orjson.loads(written)
    if "error" in answer:
        fail_as_planned(run, step, from_told(answer["error"]), seconds=answer["seconds"])
        return
    step.used = answer["used"]
    output = Stored(answer["output"], answer["file"], answer["hash"], answer["size"])
    complete(run, step, output, seconds=answer["seconds"])


def _of_process(error: BaseException) -> StepError:
    """Return what is told of a step whose process gave no answer."""
    if isinstance(error, TimeoutError):
        message = "The step took longer than it may."
        return StepError("timeout", message, category=Category.TIMEOUT)
    if isinstance(error, ProcessExpired):
        message = f"The process of the step died (exit code {error.exitcode})."
        return StepError("process_died", message, category=Category.RESOURCE)
    return unexpected(error)
