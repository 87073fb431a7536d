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

__all__ = [
    "Credential",
    "Execution",
    "ExecutionAttempt",
    "ExecutionLog",
    "ExecutionSnapshot",
    "ExecutionStep",
    "StoredPlan",
]
