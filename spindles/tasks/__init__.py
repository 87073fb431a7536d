"""What workers and beat do for runs."""

from spindles.tasks import executions

__all__ = ["executions"]
