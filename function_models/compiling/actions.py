"""The steps of a container's actions, in three phases: sequential, parallel, conditional."""

from collections.abc import Iterable, Iterator, Sequence

from function_models.canvas.nodes import Action, Container, StageData
from function_models.compiling.containers import opening_id
from function_models.compiling.params import condition_of, kind_of, params_of
from function_models.compiling.releases import is_released_by_hand, release_id, release_step
from spindles.plans.plan import Guard, Step

PHASES = ("sequential", "parallel", "conditional")
_ASLEEP = ("inactive", "archived")


def phases_of(actions: Sequence[Action]) -> list[list[Action]]:
    """Return the actions of each phase in their order: order, higher priority, position."""
    ranked = sorted(
        actions, key=lambda action: (action.data.execution_order, -action.data.priority)
    )
    return [[a for a in ranked if a.data.execution_mode == phase] for phase in PHASES]


def action_steps(container: Container, actions: Sequence[Action]) -> Iterator[Step]:
    """Yield the steps of a container's actions.

    A phase begins when the one before has settled, however it ended; what a failure stops is said
    by guards.
    """
    sequential, parallel, conditional = phases_of(actions)
    opening = opening_id(container.id)
    ids = [[action.id for action in phase] for phase in (sequential, parallel, conditional)]
    for place, action in enumerate(sequential):
        before = ids[0][place - 1 : place] if place else []
        yield from _steps(container, action, actions, (opening, *before), ids[0], rank=place)
    for rank, action in enumerate(_starting_order(container, parallel)):
        yield from _steps(container, action, actions, (opening, *ids[0]), ids[1], rank=rank)
    for place, action in enumerate(conditional):
        before = ids[2][place - 1 : place] if place else []
        waits = (opening, *ids[0], *ids[1], *before)
        yield from _steps(container, action, actions, waits, ids[2], rank=place)


def _starting_order(container: Container, actions: list[Action]) -> list[Action]:
    data = container.data
    configured = data.parallelism_config if isinstance(data, StageData) else None
    balancing = configured.load_balancing if configured else "priority"
    if balancing == "round_robin":
        return actions
    if balancing == "weighted":
        return sorted(actions, key=lambda action: -(action.data.estimated_duration or 0))
    return sorted(actions, key=lambda action: -action.data.priority)


def _steps(
    container: Container,
    action: Action,
    actions: Sequence[Action],
    waits: tuple[str, ...],
    phase: list[str],
    *,
    rank: int,
) -> Iterator[Step]:
    """Yield the step of an action, and before it the one in which a person lets it run."""
    once_more = container.data.failure_handling == "retry"
    step = Step(
        id=action.id,
        kind=kind_of(action),
        name=action.data.name,
        params=params_of(action, previous=waits[-1] if len(waits) > 1 else None),
        depends_on=waits,
        join="all_done",
        condition=condition_of(action),
        retry=action.data.retry_policy.rule,
        timeout=action.data.timeout,
        priority=action.data.priority,
        parent=opening_id(container.id),
        inactive=action.data.status in _ASLEEP,
        guards=tuple(_guards(container, action, actions)),
        last_try_after=tuple(phase) if once_more else (),
        group=container.id,
        rank=rank,
    )
    if is_released_by_hand(action):
        release = release_step(action, step)
        yield release
        guards = (*step.guards, Guard(steps=(release.id,)))
        step = step.model_copy(update={"depends_on": (*waits, release.id), "guards": guards})
    yield step


def _guards(container: Container, action: Action, actions: Sequence[Action]) -> Iterator[Guard]:
    """Yield whose failure keeps an action from starting, as the container handles failures."""
    others = _ids(other for other in actions if other.id != action.id)
    if action.data.execution_mode == "conditional" or container.data.failure_handling == "abort":
        if others:
            yield Guard(steps=others)
        return
    if container.data.failure_handling != "critical_only":
        return
    if action.data.execution_mode == "sequential":
        sequential = phases_of(actions)[0]
        before = sequential[: sequential.index(action)]
        critical = _ids(other for other in before if other.data.is_critical)
        if critical:
            yield Guard(steps=critical)


def _ids(actions: Iterable[Action]) -> tuple[str, ...]:
    """Return the ids of all steps of these actions."""
    found = []
    for action in actions:
        found += [release_id(action.id)] if is_released_by_hand(action) else []
        found.append(action.id)
    return tuple(found)
