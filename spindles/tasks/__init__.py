"""What workers and beat do for runs and triggers."""

from spindles.tasks import executions, triggers, workers

__all__ = ["executions", "triggers", "workers"]
