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
from spindles.models.triggers import SpindleTrigger, TriggerFiring

__all__ = [
    "Credential",
    "Execution",
    "ExecutionAttempt",
    "ExecutionLog",
    "ExecutionSnapshot",
    "ExecutionStep",
    "Spindle",
    "SpindleTrigger",
    "SpindleVersion",
    "StoredPlan",
    "TriggerFiring",
]
