"""Examples of runs for the description of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

RUN: dict[str, Any] = {
    "id": "01a1fd92-7a10-7c44-9d20-64c1b4f0a6d1",
    "source": {
        "feature": "spindle",
        "entity_id": "01a1fd92-41c0-7a31-8e0d-53b0e3f7a4de",
        "name": "Nightly report",
        "slug": "nightly-report",
        "version": "1.2.0",
        "is_draft": False,
    },
    "plan_checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "environment": "production",
    "status": "failed",
    "status_reason": None,
    "priority": 5,
    "error": {
        "code": "http_status",
        "message": "The server answered 503.",
        "category": "external",
        "severity": "medium",
        "retryable": True,
        "step_ids": ["send"],
        "details": {"status": 503},
        "correlation_id": None,
    },
    "progress": {"completed": 2, "total": 2, "percent": 100.0},
    "started_by": "01a1fd92-0c11-7b02-8d0f-2f5a0f6a1e11",
    "trigger": {"kind": "manual"},
    "correlation_id": None,
    "session_id": None,
    "parent_id": None,
    "parent_step_id": None,
    "depth": 0,
    "retry_of": None,
    "replay_of": None,
    "replay_mode": None,
    "replay_live": False,
    "match_percent": None,
    "budget_id": None,
    "cost_usd": 0,
    "worker": "runs@worker-1",
    "created_at": "2026-11-21T02:00:00Z",
    "started_at": "2026-11-21T02:00:00.004Z",
    "completed_at": "2026-11-21T02:00:03.604Z",
    "duration_seconds": 3.6,
    "revision": 6,
}
WHOLE_RUN: dict[str, Any] = {
    **RUN,
    "inputs": {"day": "2026-11-20"},
    "outputs": {"collect": {"rows": 12}},
    "divergences": None,
    "children": [],
}
ATTEMPT = {
    "number": 1,
    "status": "success",
    "idempotency_key": "0a4d55a8d778e5022fab701977c5d840bbc486d0c5c2b6f4f1d1d4f0e5b7f3a1",
    "worker": "runs@worker-1",
    "started_at": "2026-11-21T02:00:00.004Z",
    "duration_ms": 12.5,
    "error": None,
    "response_hash": "4c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080",
    "is_deterministic": True,
}
STEP = {
    "step_id": "collect",
    "kind": "transform",
    "name": "Collect",
    "status": "completed",
    "reason": None,
    "note": None,
    "retry_count": 0,
    "output": {"rows": 12},
    "output_omitted": False,
    "output_bytes": 11,
    "output_hash": "4c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080",
    "error": None,
    "agent_id": None,
    "used": [],
    "waiting": None,
    "started_at": "2026-11-21T02:00:00.004Z",
    "completed_at": "2026-11-21T02:00:00.017Z",
    "next_attempt_at": None,
    "attempts": [ATTEMPT],
    "item_of": None,
    "item_index": None,
    "item": None,
    "item_counts": {},
    "items": [],
}


def _asked(title: str, body: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(title, body, request_only=True)


EXECUTIONS = {
    "retrieve": [OpenApiExample("a failed run", WHOLE_RUN, response_only=True)],
    "cancel": [_asked("with a reason", {"reason": "Started by mistake."})],
    "resume": [
        _asked("failed steps are tried again", {}),
        _asked("failed steps are left out", {"skip_failed_steps": True}),
        _asked("at first back to a snapshot", {"snapshot": 2}),
    ],
    "retry": [
        _asked("what has not been completed", {}),
        _asked("from a step, with other inputs", {"from_step": "send", "inputs": {"day": "today"}}),
        _asked("on another version", {"version": "1.3.0"}),
    ],
    "replay": [
        _asked("all steps", {"mode": "full"}),
        _asked("from a step on", {"mode": "from_step", "start_from_step": "send"}),
    ],
}
STEPS = {
    "retrieve": [OpenApiExample("a completed step", STEP, response_only=True)],
    "skip": [_asked("with a reason", {"reason": "Done by hand."})],
    "complete": [
        _asked("approve", {"decision": "approve", "comment": "Go ahead."}),
        _asked("a form", {"output": {"severity": "high"}}),
    ],
    "assign": [_asked("a member and a role", {"assignees": ["ann@example.com", "admin"]})],
}
SNAPSHOT: dict[str, Any] = {
    "number": 1,
    "type": "checkpoint",
    "status": "ready",
    "step_id": None,
    "percent": 50,
    "completed": ["collect"],
    "pending": ["send"],
    "failed": [],
    "skipped": [],
    "budget": None,
    "created_at": "2026-11-21T02:05:00Z",
    "restored_at": None,
}
SNAPSHOTS = {
    "create": [OpenApiExample("half way", SNAPSHOT, response_only=True)],
    "restore": [_asked("with a reason", {"reason": "The mail went to the wrong people."})],
}
EXECUTE = {
    "execute": [
        _asked("with inputs", {"inputs": {"day": "2026-11-20"}, "environment": "staging"}),
        _asked("only what would happen", {"inputs": {"day": "2026-11-20"}, "dry_run": True}),
    ]
}
STREAM = """id: 3-1
event: step
data: {"step_id":"collect","kind":"transform","attempt":1,"status":"running"}

"""
