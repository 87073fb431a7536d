"""What happens to spindles and to runs: found when the process starts."""

from spindles.event_types import runs, triggers

__all__ = ["runs", "triggers"]
