"""Kinds of steps that act, or misbehave, in the processes of real workers."""

import hashlib
import os
import signal
import time
from typing import Any

from django.db import connection
from pydantic import BaseModel, ConfigDict

from accounts.tenancy import scope
from spindles.registry.kinds import StepContext, StepKind, step_kinds
from spindles.registry.results import Done

_ACT = """
INSERT INTO step_effects (key, execution_id, step_id, attempt, pid) VALUES (%s, %s, %s, %s, %s)
"""


class Params(BaseModel):
    """How long the step takes."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = 0.0


class Unpicklable(Exception):
    """Cannot be carried from one process to another."""

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle this")


def act(context: StepContext, params: Params) -> Done:
    """Write down that it happened, under the key of the try; then take some time."""
    told = (context.idempotency_key, context.execution_id, context.step_id, context.attempt)
    with scope(context.actor), connection.cursor() as cursor:
        cursor.execute(_ACT, (*told, os.getpid()))
    time.sleep(params.seconds)
    return Done({"key": context.idempotency_key})


def sleep_on(_context: StepContext, _params: Params) -> Done:
    """Never return, and be deaf to requests to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def compute_on(_context: StepContext, _params: Params) -> Done:
    """Never return from a call into C."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
    return Done()


def devour(_context: StepContext, _params: Params) -> Done:
    """Take all the memory there is."""
    taken = []
    while True:
        taken.append(bytearray(64 * 1024 * 1024))


def swell(_context: StepContext, _params: Params) -> Done:
    """Return 100 MB."""
    return Done("x" * (100 * 1024 * 1024))


def puzzle(_context: StepContext, _params: Params) -> Done:
    """Raise what no process can be told of."""
    raise Unpicklable(lambda: None)


def vanish(_context: StepContext, _params: Params) -> Done:
    """End the process that does it."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Done()


def leave(_context: StepContext, _params: Params) -> Done:
    """Ask the process to end, as a library might."""
    raise SystemExit(3)


KINDS = (act, sleep_on, compute_on, devour, swell, puzzle, vanish, leave)


def register() -> None:
    """Add them to the kinds of this process, under the names of their functions."""
    for handle in KINDS:
        title = handle.__name__
        step_kinds.add(StepKind(title, title, handle.__doc__ or "", Params, handle))
