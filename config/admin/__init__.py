"""The operators' admin: what its pages share, the dashboard, and the platform's own tables."""

from config.admin import schedules, slow_queries

__all__ = ["schedules", "slow_queries"]
