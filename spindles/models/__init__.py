"""What runs: plans, spindles and their versions."""

from spindles.models.plans import StoredPlan
from spindles.models.spindles import Spindle, SpindleVersion

__all__ = ["Spindle", "SpindleVersion", "StoredPlan"]
