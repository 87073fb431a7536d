"""What stands on the page of a run; while it is open, all of it is read anew every few seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from config.admin.display import panel
from node_links.admin.entities import entity_link
from spindles.choices import OPEN, ExecutionStatus, StepStatus
from spindles.models import Execution, ExecutionStep
from spindles.pictures.durations import in_words
from spindles.pictures.states import seconds_of, why
from spindles.runs.attention import is_stuck
from spindles.runs.steps import ShownStep, show_steps, steps_of
from spindles.services.run_pictures import draw_run_path, draw_run_timeline

STEPS_SHOWN = 200
LINES_SHOWN = 200
CHILDREN_SHOWN = 50
_MOST_JSON = 20_000

TONES = {
    ExecutionStatus.COMPLETED: "success",
    ExecutionStatus.FAILED: "danger",
    ExecutionStatus.RUNNING: "info",
    ExecutionStatus.PAUSED: "warning",
    ExecutionStatus.CANCELLED: "default",
    ExecutionStatus.PENDING: "default",
}
"""The theme's name of the colour of each state."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step in the list of steps; `told` are the parts that can be opened, each with its JSON."""

    row: ExecutionStep
    state: str
    why: str
    took: str
    attempts: Sequence[Any] = ()
    told: Sequence[tuple[str, str]] = ()
    items: Sequence[tuple[str, int]] = ()
    failed_items: Sequence["StepLine"] = field(default=())


def facts_panel(run: Execution) -> SafeString:
    """Return where the run stands, in a few lines; while it is open they renew themselves."""
    return panel("admin/spindles/run_facts.html", **_facts(run))


def timeline_panel(run: Execution) -> SafeString:
    """Return when each step ran."""
    return panel("admin/spindles/run_picture.html", **_timeline(run))


def path_panel(run: Execution) -> SafeString:
    """Return how far the run came."""
    return panel("admin/spindles/run_picture.html", **_path(run))


def steps_panel(run: Execution) -> SafeString:
    """Return the steps with their tries and what they were given and put out."""
    return panel("admin/spindles/run_steps.html", **_steps(run))


def log_panel(run: Execution) -> SafeString:
    """Return the latest lines of the log."""
    return panel("admin/spindles/run_log.html", **_log(run))


def related_panel(run: Execution) -> SafeString:
    """Return the runs around this one, and its snapshots."""
    return panel("admin/spindles/run_related.html", **_related(run))


def live_panels(run: Execution) -> str:
    """Return all panels that change while a run goes on, each for its own place on the page."""
    parts = (
        ("run_facts", _facts(run)),
        ("run_picture", _timeline(run)),
        ("run_picture", _path(run)),
        ("run_steps", _steps(run)),
        ("run_log", _log(run)),
        ("run_related", _related(run)),
    )
    return "".join(
        render_to_string(f"admin/spindles/{name}.html", {**context, "aside": place > 0})
        for place, (name, context) in enumerate(parts)
    )


def is_open(run: Execution) -> bool:
    """Return whether a run goes on."""
    return run.status in OPEN


def took(run: Execution) -> str:
    """Return how long a run took or takes, '' before its beginning."""
    if run.started_at is None:
        return ""
    return in_words(((run.completed_at or timezone.now()) - run.started_at).total_seconds())


def json_text(value: Any) -> str:
    """Return `value` as indented JSON, its beginning if it is long."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    return text if len(text) <= _MOST_JSON else f"{text[:_MOST_JSON]}\n… {len(text):,} characters"


def _facts(run: Execution) -> dict[str, Any]:
    stuck = Execution.objects.filter(pk=run.pk).filter(is_stuck(timezone.now())).exists()
    return {
        "run": run,
        "open": is_open(run),
        "live": reverse("admin:spindles_execution_live", args=[run.pk]),
        "stuck": is_open(run) and stuck,
        "took": took(run),
        "progress": run.progress,
        "source": entity_link(run.source_feature, run.source_id, run.source_name),
        "error": run.error or {},
    }


def _timeline(run: Execution) -> dict[str, Any]:
    picture = draw_run_timeline(execution=run, now=timezone.now(), headed=False)
    address = reverse("executions-timeline", args=[run.pk])
    return {"place": "run-timeline", "picture": picture, "label": "Timeline", "address": address}


def _path(run: Execution) -> dict[str, Any]:
    picture = draw_run_path(execution=run, now=timezone.now(), headed=False)
    address = reverse("executions-path", args=[run.pk])
    return {"place": "run-path", "picture": picture, "label": "Path", "address": address}


def _steps(run: Execution) -> dict[str, Any]:
    rows = list(steps_of(run)[: STEPS_SHOWN + 1])
    shown = [_line(one) for one in show_steps(run, rows[:STEPS_SHOWN])]
    return {"lines": shown, "more": len(rows) > STEPS_SHOWN, "most": STEPS_SHOWN}


def _line(shown: ShownStep) -> StepLine:
    row = shown.row
    seconds = seconds_of(row)
    told = [("Input", row.input), ("Item", row.item), ("Output", shown.output),
            ("Error", row.error), ("Waits for", row.wait if row.wait_kind else None)]  # fmt: skip
    parts = [(title, json_text(value)) for title, value in told if value not in (None, {}, [], "")]
    if shown.omitted:
        parts.append(("Output", f"{row.output_bytes:,} bytes; the API tells them."))
    return StepLine(
        row=row,
        state=StepStatus(row.status).label.lower(),
        why=str((row.error or {}).get("message", "")) or why(row),
        took=in_words(seconds) if seconds is not None and row.attempt else "",
        attempts=[(one, in_words((one.duration_ms or 0) / 1000)) for one in shown.attempts],
        told=parts,
        items=sorted(shown.item_counts.items()),
        failed_items=[_line(one) for one in shown.items if one.row.status == StepStatus.FAILED],
    )


def _log(run: Execution) -> dict[str, Any]:
    rows = list(run.logs.order_by("-id")[: LINES_SHOWN + 1])
    return {"lines": rows[:LINES_SHOWN][::-1], "more": len(rows) > LINES_SHOWN, "most": LINES_SHOWN}


def _related(run: Execution) -> dict[str, Any]:
    above = Execution.objects.filter(pk__in={run.parent_id, run.retry_of_id, run.replay_of_id})
    by_id = {row.pk: row for row in _without_content(above)}
    around = (
        ("Started by", run.parent_id),
        ("Tried again from", run.retry_of_id),
        ("Replayed from", run.replay_of_id),
    )
    return {
        "above": [(label, by_id[pk]) for label, pk in around if pk in by_id],
        "below": (
            ("Started", _first(run.children.all())),
            ("Tried again as", _first(run.retries.all())),
            ("Replayed as", _first(run.replays.all())),
        ),
        "snapshots": list(run.snapshots.defer("content")),
    }


def _first(rows: Any) -> list[tuple[Execution, str]]:
    found = _without_content(rows).order_by("created_at")[:CHILDREN_SHOWN]
    return [(row, took(row)) for row in found]


def _without_content(rows: Any) -> QuerySet[Execution]:
    found: QuerySet[Execution] = rows.without_content()
    return found
