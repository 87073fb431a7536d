"""Celery tasks in the logs: one line a task, under the request id of whoever published it."""

import logging
import time
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from celery import Task
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections
from prometheus_client import Histogram

from config.request_context import (
    accept_request_id,
    caused_by,
    current_causation_id,
    current_execution_id,
    current_request_id,
    inside_execution,
    request_context,
)
from config.slow_queries import query_watch

logger = structlog.get_logger("nodeloom.task")

REQUEST_ID_HEADER = "nodeloom_request_id"
CAUSATION_ID_HEADER = "nodeloom_causation_id"
EXECUTION_ID_HEADER = "nodeloom_execution_id"
TASK_SECONDS = Histogram(
    "nodeloom_task_duration_seconds", "Time of one task run.", ["task", "state"]
)

_running: dict[str, tuple[float, AbstractContextManager[Any]]] = {}


@setup_logging.connect
def keep_logging(**_options: Any) -> None:
    """Leave logging as Django's settings made it: a receiver keeps Celery from its own set-up."""


@before_task_publish.connect
def send_context(headers: dict[str, Any] | None = None, **_options: Any) -> None:
    """Give the message the ids of the request, the event and the execution that publish it."""
    if headers is None:
        return
    context = {
        REQUEST_ID_HEADER: current_request_id(),
        CAUSATION_ID_HEADER: current_causation_id(),
        EXECUTION_ID_HEADER: current_execution_id(),
    }
    for name, value in context.items():
        if value is not None:
            headers.setdefault(name, str(value))


@task_prerun.connect
def enter_task(task_id: str, task: Task[Any, Any], **_options: Any) -> None:
    """Open the log context of the task, and close connections that were lost or are too old."""
    close_old_connections()
    request_id = accept_request_id(getattr(task.request, REQUEST_ID_HEADER, None))
    stack = ExitStack()
    stack.enter_context(request_context(request_id, task_id=task_id, task=task.name))
    stack.enter_context(caused_by(_id_in(task, CAUSATION_ID_HEADER)))
    stack.enter_context(inside_execution(_id_in(task, EXECUTION_ID_HEADER)))
    stack.enter_context(query_watch())
    _running[task_id] = (time.perf_counter(), stack)


@task_postrun.connect
def leave_task(
    task_id: str,
    task: Task[Any, Any],
    state: str | None = None,
    retval: object = None,
    **_options: Any,
) -> None:
    """Write the task's line: its state and duration, and the traceback where it failed."""
    close_old_connections()
    if task_id not in _running:
        return
    started, context = _running.pop(task_id)
    seconds = time.perf_counter() - started
    # Celery leaves the state out where the task ended by an exception that stops the worker.
    outcome = state or "ABORTED"
    TASK_SECONDS.labels(task.name, outcome).observe(seconds)
    with context:
        fields: dict[str, Any] = {"state": outcome, "duration_ms": round(seconds * 1000, 2)}
        if outcome == "FAILURE" and isinstance(retval, BaseException):
            logger.error("task", exc_info=retval, **fields)
        else:
            routine = outcome == "SUCCESS" and task.name in _routine()
            logger.log(logging.DEBUG if routine else logging.INFO, "task", **fields)


@cache
def _routine() -> frozenset[str]:
    """Return the tasks that beat rings every few seconds: their success is no news."""
    return frozenset(
        str(entry["task"])
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if isinstance(entry["schedule"], int | float)
    )


def _id_in(task: Task[Any, Any], header: str) -> UUID | None:
    """Return the id in a header; None where it is absent or nothing that we have sent."""
    try:
        return UUID(getattr(task.request, header, None) or "")
    except (AttributeError, ValueError):
        return None
