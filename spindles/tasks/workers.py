"""What a worker does for runs when it starts."""

import threading
from typing import Any

from celery.signals import worker_ready

from spindles.engine.processes import warm_up

QUEUE = "executions"


@worker_ready.connect
def start_processes(sender: Any, **_signal: Any) -> None:
    """Start the processes of steps, beside the worker's first work; others than ours need none."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        threading.Thread(target=warm_up, name="step-processes", daemon=True).start()
