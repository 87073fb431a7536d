"""What workers and beat do for runs."""

from spindles.tasks import executions, maintenance

__all__ = ["executions", "maintenance"]
