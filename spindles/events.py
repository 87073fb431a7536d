"""What happens to spindles and to runs: found when the process starts."""

from spindles.event_types import definitions, runs, triggers

__all__ = ["definitions", "runs", "triggers"]
