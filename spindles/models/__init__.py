"""The tables of spindles, plans and runs."""

from spindles.models.credentials import Credential
from spindles.models.executions import (
    Execution,
    ExecutionAttempt,
    ExecutionLog,
    ExecutionSnapshot,
    ExecutionStep,
)
from spindles.models.plans import StoredPlan
from spindles.models.spindles import Spindle, SpindleVersion

__all__ = [
    "Credential",
    "Execution",
    "ExecutionAttempt",
    "ExecutionLog",
    "ExecutionSnapshot",
    "ExecutionStep",
    "Spindle",
    "SpindleVersion",
    "StoredPlan",
]
