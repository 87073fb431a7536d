"""Evaluates expressions that nobody can bound beforehand, in a process that is ended in time.

Nothing interrupts a program of CEL from within, and nested macros over lists, or a large regular
expression, take as long as they please. So they run in a process that has no threads, no database
and no secrets. The kernel ends it once one evaluation has used its processor time or memory, and
the process above it, which does nothing else, forks another. What is measured is processor time: a
busy machine gives the same answers.

Run as a program it reads requests from its standard input and answers on its standard output, one
after the other: `{"text", "variables"}`, then `{"value"}`, `{"error"}` or `{"exceeded": true}`.
"""

import mmap
import os
import resource
import signal
from typing import NoReturn

import orjson

from spindles.expressions.framing import read_frame, write_frame
from spindles.expressions.programs import EvaluationFailed, run

CPU_SECONDS = 0.1
MEMORY = 512 * 1024 * 1024
_EXCEEDED = orjson.dumps({"exceeded": True})


def serve(requests: int, answers: int) -> None:
    """Answer what is read from the descriptor `requests`, until there is no more."""
    with mmap.mmap(-1, 1) as asked:  # shared with the children: whether one owes an answer
        while True:
            asked[0] = 0
            child = os.fork()
            if child == 0:
                _work(requests, answers, asked)
            os.waitpid(child, 0)
            if not asked[0]:
                return  # there is no more to answer, or somebody has ended it
            write_frame(answers, _EXCEEDED)


def _work(requests: int, answers: int, asked: mmap.mmap) -> NoReturn:
    """Answer requests until one exceeds its limits, and end this process, however that goes."""
    try:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        answer_requests(requests, answers, asked)
    except BaseException:  # noqa: BLE001 - told to the process above by the exit status
        os._exit(1)
    os._exit(0)


def answer_requests(requests: int, answers: int, asked: "mmap.mmap | bytearray") -> None:
    """Answer each request; `asked[0]` is 1 while one is at work."""
    while (request := read_frame(requests)) is not None:
        asked[0] = 1
        answer = _evaluated(request)
        asked[0] = 0
        write_frame(answers, answer)


def _evaluated(request: bytes) -> bytes:
    given = orjson.loads(request)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        value = run(given["text"], given["variables"])
        return orjson.dumps({"value": value})
    except EvaluationFailed as error:
        return orjson.dumps({"error": str(error)})
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(0, 1)
