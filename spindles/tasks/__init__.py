"""What workers and beat do for runs and triggers."""

from spindles.tasks import executions, maintenance, triggers

__all__ = ["executions", "maintenance", "triggers"]
