"""Runs of drawings whose actions do as they are told, without spindles, SOPs or nested models."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from accounts.tenancy import scope
from function_models.canvas.document import Canvas
from function_models.compiling.compile import compile_canvas
from spindles.engine.directives import finish
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.engine.transitions import fail
from spindles.models import ExecutionAttempt
from spindles.plans.plan import Plan, Step
from spindles.registry.kinds import Place, StepContext, StepKind
from spindles.registry.kinds import step_kinds as kinds
from spindles.registry.results import AwaitEvent, Done, Result, StepError
from spindles.steps.params import Params
from tests.spindles.runs import Started, start

FAIL, REFUSE, WAIT = "fail", "refuse", "wait"
_REAL = ("sub_execution", "nested_model", "kb_read")


class ScriptParams(Params):
    """What each try does: `fail`, `refuse` (never tried again), `wait`, else it is the output."""

    script: list[Any] = []


def _act(context: StepContext, params: ScriptParams) -> Result:
    scene = params.script[min(context.attempt, len(params.script)) - 1] if params.script else {}
    if scene in (FAIL, REFUSE):
        raise StepError("staged", f"{context.step_id} fails.", retryable=scene == FAIL)
    return AwaitEvent("NodeLinkCreated", match="false") if scene == WAIT else Done(scene)


if kinds.get("rehearsed") is None:
    kinds.add(
        StepKind(
            name="rehearsed",
            title="Rehearsed",
            description="Does as a test tells it.",
            params=ScriptParams,
            handle=_act,
            place=Place.INLINE,
            internal=True,
        )
    )


def staged(canvas: Canvas, scripts: Mapping[str, Sequence[Any]]) -> Plan:
    """Return the plan of a drawing whose actions follow `scripts`; without one they complete."""
    plan = compile_canvas(canvas)

    def act(step: Step) -> Step:
        if step.kind not in _REAL:
            return step
        params = {"script": list(scripts.get(step.id, ()))}
        return step.model_copy(update={"kind": "rehearsed", "params": params})

    return plan.model_copy(update={"steps": tuple(map(act, plan.steps))})


def rehearse(
    actor: Actor,
    canvas: Canvas,
    scripts: Mapping[str, Sequence[Any]] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Started:
    """Start a run of a drawing and do all that can be done."""
    return start(actor, staged(canvas, scripts or {}), inputs).drive()


def end(run: Started, step_id: str, output: Any = None) -> Started:
    """End a waiting action well, or badly where `output` is `fail`, and go on."""
    with scope(run.actor):
        opened = open_run(run.pk)
        assert opened is not None
        step = opened.steps[step_id]
        if output == FAIL:
            planned = opened.definition(step)
            last = bool(planned.last_try_after)
            fail(opened, step, StepError("staged", "It failed."), last_chance=last)
        else:
            finish(opened, step, output)
        save_run(opened)
    return run.drive()


def tries(run: Started) -> list[str]:
    """Return the actions in the order in which their tries began, one for each try."""
    with scope(run.actor):
        attempts = ExecutionAttempt.objects.filter(execution_id=run.pk).order_by("id")
        kinds_of = {name: step.kind for name, step in run.steps.items()}
        return [one.step_id for one in attempts if kinds_of[one.step_id] == "rehearsed"]


def drawn_statuses(run: Started) -> dict[str, str]:
    """Return where each node stands, with the reason of skipped ones; openings are left out."""
    return {name: told for name, told in run.statuses.items() if not name.endswith("#open")}
