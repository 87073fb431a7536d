"""Opening a container, and closing it: what it yields, or that it has failed.

An input yields what the run was given, a stage what its actions yield, an output what the
containers before it yield; each object overlays the ones before it, key by key.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from spindles.choices import Category, StepStatus
from spindles.registry.kinds import Place, StepContext, StepKind
from spindles.registry.results import Done, StepError
from spindles.steps.params import Params


class OpenParams(Params):
    """Nothing to say: whether the container runs was decided before."""


class CloseParams(Params):
    """What belongs to the container.

    - `opening`, `actions`: the steps inside, actions in the order of execution;
    - `releases`: the steps inside in which people let actions run;
    - `dependencies`: the containers before it, in order;
    - `boundary_type` of an IO node; `properties` are those that its output contract lists.
    """

    opening: str
    actions: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    boundary_type: Literal["input", "output", "input-output"] | None = None
    properties: tuple[str, ...] = ()


def open_container(context: StepContext, params: OpenParams) -> Done:
    """Let the actions begin."""
    return Done()


def close_container(context: StepContext, params: CloseParams) -> Done:
    """Complete with what the container yields.

    Raises `StepError`: what opening it raised, or `action_failed` where one of its actions failed.
    """
    steps: Mapping[str, Any] = context.variables["steps"]
    inside = {name: steps[name] for name in (*params.actions, *params.releases)}
    _refuse_failed(steps[params.opening], inside)
    boundary, merged = params.boundary_type, dict[str, Any]()
    if boundary in ("input", "input-output"):
        merged |= context.variables["inputs"]
    if boundary in ("output", "input-output"):
        for output in _objects(steps[name] for name in params.dependencies):
            merged |= output
    for output in _objects(inside[name] for name in params.actions):
        merged |= output
    if params.properties:
        merged = {name: value for name, value in merged.items() if name in params.properties}
    return Done(merged)


def _refuse_failed(opening: Mapping[str, Any], inside: Mapping[str, Mapping[str, Any]]) -> None:
    if opening["status"] == StepStatus.FAILED:
        error = opening["error"]
        raise StepError(error["code"], error["message"], category=Category(error["category"]))
    failed = [name for name, seen in inside.items() if seen["status"] == StepStatus.FAILED]
    if failed:
        first = inside[failed[0]]["error"]
        raise StepError(
            "action_failed",
            f"{failed[0]} failed: {first['message']}",
            category=Category(first["category"]),
            retryable=False,
            details={"failed": failed},
        )


def _objects(seen: "Iterator[Mapping[str, Any]]") -> Iterator[Mapping[str, Any]]:
    """Yield the outputs that are objects: others have no keys by which they could be merged."""
    for one in seen:
        output = one.get("output")
        if isinstance(output, Mapping):
            yield output


CONTAINER_OPEN = StepKind(
    name="container_open",
    title="Open a container",
    description="Lets the actions of a container begin.",
    params=OpenParams,
    handle=open_container,
    place=Place.INLINE,
    internal=True,
)
CONTAINER_CLOSE = StepKind(
    name="container_close",
    title="Close a container",
    description="Puts together what a container yields.",
    params=CloseParams,
    handle=close_container,
    place=Place.INLINE,
    raw=frozenset(CloseParams.model_fields),
    internal=True,
)
KINDS = (CONTAINER_OPEN, CONTAINER_CLOSE)
