"""A run as text: its steps as a tree, with how long each took."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from node_links.pictures.labels import clean
from spindles.choices import ExecutionStatus, StepStatus
from spindles.models import Execution
from spindles.pictures.bars import length_of
from spindles.pictures.lanes import count_items, name_of
from spindles.pictures.looks import STATES
from spindles.pictures.timed import TimedRun, TimedStep
from spindles.pictures.timeline import summarise

_SIGNS: dict[str, tuple[str, str]] = {
    StepStatus.COMPLETED: ("✓", "green"),
    StepStatus.RUNNING: ("▶", "blue"),
    StepStatus.WAITING: ("◔", "yellow"),
    StepStatus.FAILED: ("✗", "red"),
    StepStatus.SKIPPED: ("↷", "dim"),
    StepStatus.CANCELLED: ("⊘", "dim"),
    StepStatus.PENDING: ("○", "dim"),
    ExecutionStatus.PAUSED: ("‖", "magenta"),
}


def state_text(status: str) -> Text:
    """Return a state as a sign and a word, in its colour."""
    sign, colour = _SIGNS.get(status, ("·", ""))
    return Text(f"{sign} {STATES.get(status, status).lower()}", style=colour)


def run_tree(execution: Execution, run: TimedRun, now: datetime) -> RenderableType:
    """Return everything that is to be told of a run."""
    head = f"[bold]{escape(name_of(run))}[/]  {escape(summarise(run, now))}"
    tree = Tree(head, guide_style="dim")
    _add(tree, run, now)
    facts = [
        f"id         {execution.pk}",
        f"runs       {execution.source_feature} {execution.source_id}",
        f"begun      {execution.get_trigger_kind_display()}"
        + (f", {execution.started_by}" if execution.started_by else ""),
    ]
    if execution.correlation_id:
        facts.append(f"request    {execution.correlation_id}")
    if execution.parent_id:
        facts.append(f"inside     {execution.parent_id}")
    if execution.status_reason:
        facts.append(f"reason     {clean(execution.status_reason)}")
    lines = [Text(fact, style="dim") for fact in facts]
    if execution.error:
        error = execution.error
        told = f"{error.get('code', '')}: {error.get('message', '')}"
        lines.append(Text(f"error      {clean(told)}", style="red"))
    return Group(tree, *lines)


def _add(tree: Tree, run: TimedRun, now: datetime) -> None:
    for step in run.steps:
        _add_step(tree, step, now)
    if run.more_steps:
        tree.add(Text(f"… and {run.more_steps:,} more steps", style="dim"))


def _add_step(tree: Tree, step: TimedStep, now: datetime) -> None:
    line = state_text(step.status)
    line.append(f"  {clean(step.name) or clean(step.id)}", style="default")
    told = [clean(step.id) if step.id != step.name else "", clean(step.kind), clean(step.note)]
    line.append("  " + " · ".join(filter(None, told)), style="dim")
    took = length_of(step, now)
    if took:
        line.append(f"  {took}", style="cyan")
    branch = tree.add(line)
    errors = [f"try {one.number}: {clean(one.error)}" for one in step.tries if one.error]
    for error in errors:
        branch.add(Text(error, style="red"))
    if step.items:
        branch.add(Text(count_items(step), style="dim"))
    for inner in step.inside:
        _add_step(branch, inner, now)
    for child in step.runs:
        inside = branch.add(Text(f"{name_of(child)}  {summarise(child, now)}", style="bold"))
        _add(inside, child, now)
