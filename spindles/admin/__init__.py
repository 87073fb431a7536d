"""Spindles, runs and what belongs to them, for operators."""

from spindles.admin import credentials

__all__ = ["credentials"]
