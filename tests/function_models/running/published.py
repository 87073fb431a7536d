"""Published models for tests of runs, and runs of them that are driven to where they wait."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from accounts.tenancy import scope
from function_models.models import FunctionModel
from function_models.services.drawing import put_canvas
from function_models.services.publishing import open_model_version, publish_model
from function_models.services.running import execute_model
from node_links.choices import Bump
from spindles.choices import OPEN
from spindles.models import Execution, Spindle
from spindles.services.publishing import publish_spindle
from tests.factories import Person, make_model, make_spindle
from tests.function_models.drawings import container, drawing, nested, tether
from tests.spindles.runs import Started

_numbers = count(1)


def ends(*more: dict[str, Any], **contracts: Any) -> dict[str, Any]:
    """Return a drawing of an input, a stage `work` with these nodes, and an output."""
    return drawing(
        container("in", "ioNode", boundary_type="input", **contracts),
        container("work"),
        container("out", "ioNode", boundary_type="output"),
        *more,
        arrows=("in>work", "work>out"),
    )


def publish(person: Person, document: dict[str, Any], **fields: Any) -> FunctionModel:
    """Return a published model of this drawing."""
    model = make_model(person, document, **fields)
    with scope(person.actor):
        return publish_model(actor=person.actor, pk=model.pk).model


def publish_again(person: Person, model: FunctionModel, document: dict[str, Any]) -> None:
    """Publish the next minor version of a model."""
    with scope(person.actor):
        open_model_version(actor=person.actor, pk=model.pk, bump=Bump.MINOR)
        put_canvas(actor=person.actor, pk=model.pk, document=document)
        publish_model(actor=person.actor, pk=model.pk)


def yielding(person: Person, value: Any, **fields: Any) -> FunctionModel:
    """Return a published model whose output is the object `value`, templates included."""
    spindle = make_yielding_spindle(person, value)
    return publish(person, ends(runs("t", spindle)), **fields)


def make_yielding_spindle(person: Person, value: Any) -> Spindle:
    """Return a published spindle whose output `out` is `value`."""
    steps = [{"id": "out", "kind": "transform", "params": {"value": value}}]
    return make_live_spindle(person, steps)


def make_live_spindle(person: Person, steps: list[dict[str, Any]], **fields: Any) -> Spindle:
    """Return a published spindle of these steps."""
    spindle = make_spindle(person, **{"name": f"Spindle {next(_numbers)}", **fields}, steps=steps)
    with scope(person.actor):
        return publish_spindle(actor=person.actor, pk=spindle.pk)


def runs(node_id: str, spindle: Any, parent: str = "work", **data: Any) -> dict[str, Any]:
    """Return an action that runs a spindle."""
    return tether(node_id, parent, tether_reference_id=str(spindle.pk), **data)


def nests(node_id: str, model: FunctionModel, parent: str = "work", **data: Any) -> dict[str, Any]:
    """Return an action that runs a model."""
    return nested(node_id, parent, nested_model_id=str(model.pk), **data)


def execute(
    person: Person, model: FunctionModel, inputs: Mapping[str, Any] | None = None, **more: Any
) -> Started:
    """Start a run of the live version and do all that can be done, below it too."""
    with scope(person.actor):
        row = execute_model(actor=person.actor, pk=model.pk, inputs=inputs or {}, **more)
    return drive(Started(person.actor, row.pk))


def drive(run: Started) -> Started:
    """Let a worker look at the run and those below it until nothing more can be done."""
    seen = None
    while seen != (seen := _state(run)):
        for pk in [row[0] for row in seen]:
            Started(run.actor, pk).drive()
    return run


def below(run: Started) -> list[Started]:
    """Return the runs that a run has started, the first one first."""
    with scope(run.actor):
        rows = Execution.objects.filter(parent_id=run.pk).order_by("created_at", "id")
        return [Started(run.actor, pk) for pk in rows.values_list("pk", flat=True)]


def _state(run: Started) -> list[tuple[Any, ...]]:
    with scope(run.actor):
        rows = Execution.objects.filter(status__in=OPEN).order_by("pk")
        return list(rows.values_list("pk", "status", "settled_steps"))
