"""The operators' admin: what its pages share, the dashboard, and the platform's own tables."""

from django.contrib import admin

from config.admin import schedules, slow_queries

__all__ = ["schedules", "slow_queries"]

admin.site.index_title = "Overview"
