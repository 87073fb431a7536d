"""What workers and beat do for runs and triggers."""

from spindles.tasks import executions, maintenance, triggers, workers

__all__ = ["executions", "maintenance", "triggers", "workers"]
