"""Tables of the platform itself: without tenant data, so outside row-level security."""

from config.models.slow_queries import SlowQuery

__all__ = ["SlowQuery"]
