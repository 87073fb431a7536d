"""Prometheus metrics. Apps add a gauge of their own with `register_gauge` in `AppConfig.ready()`.

Each process counts for itself. Where PROMETHEUS_MULTIPROC_DIR names a folder (one per host, emptied
before the first process starts), all processes write their numbers there and `/metrics` of any of
them answers for all: web workers and Celery workers alike. Without it `/metrics` tells of the one
process that happened to answer, which is right for a single process only.
"""

from config.metrics.gauges import gauge_values, register_gauge

__all__ = ["gauge_values", "register_gauge"]
