"""The step that sends one HTTP request to the outside."""

from spindles.steps.http.kind import KINDS

__all__ = ["KINDS"]
