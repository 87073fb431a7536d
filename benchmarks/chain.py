"""The peer of runs: plain Celery tasks that do nothing, on the same Valkey.

`celery -A benchmarks.chain worker`
"""

import os
import time

from celery import Celery

BROKER, RESULTS = "BENCH_CHAIN_BROKER", "BENCH_CHAIN_RESULTS"

app = Celery(
    "chain",
    broker=os.environ.get(BROKER),
    backend=os.environ.get(RESULTS),
    set_as_current=False,
)
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_default_queue="chain",
    result_expires=300,
    broker_connection_retry_on_startup=True,
)


@app.task
def nothing(*_results: object) -> None:
    """Do nothing, after or before others that do nothing."""


@app.task
def begun() -> float:
    """Return when it was begun."""
    return time.time()
