"""Spindles, runs and what belongs to them, for operators."""

from spindles.admin import credentials, executions, overview, spindles, triggers

__all__ = ["credentials", "executions", "overview", "spindles", "triggers"]
