"""Runs for operators: the list, a run as it happens, what needs somebody."""

from spindles.admin import executions, overview

__all__ = ["executions", "overview"]
