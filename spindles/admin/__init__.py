"""Spindles, runs and what belongs to them, for operators."""

from spindles.admin import credentials, triggers

__all__ = ["credentials", "triggers"]
