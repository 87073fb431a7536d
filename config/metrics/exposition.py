"""The text that Prometheus reads, of this process or of all that share a folder."""

import os
from pathlib import Path

import psutil
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from config.metrics.gauges import GaugeCollector
from config.metrics.queues import QueueCollector

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def render_metrics() -> bytes:
    """Return all metrics in the Prometheus text format."""
    asked = CollectorRegistry()
    asked.register(QueueCollector())
    asked.register(GaugeCollector())
    return generate_latest(_counted()) + generate_latest(asked)


def shared_folder(data_dir: Path) -> Path:
    """Return the folder in which the processes of one installation add up their numbers."""
    return data_dir / "metrics"


def empty_shared_folder(data_dir: Path) -> None:
    """Make the folder, or forget what an earlier start counted. Before the first process only:
    whoever counts already would go on in a file that is gone."""
    folder = shared_folder(data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)


def _counted() -> CollectorRegistry:
    folder = os.environ.get(MULTIPROCESS_VARIABLE)
    if not folder:
        return REGISTRY
    forget_dead_processes(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    return registry


def forget_dead_processes(folder: Path) -> None:
    """Drop the gauges of processes that are gone; what they counted stays in the sums."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, path=str(folder))
