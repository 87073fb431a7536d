"""What workers and beat do for runs and triggers."""

from spindles.tasks import executions, triggers

__all__ = ["executions", "triggers"]
