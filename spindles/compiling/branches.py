"""Branches as conditions: what stands in a branch that is not taken does not run.

Every step that is reachable only through a branch asks for it, not just the first one: dependents
of a skipped step run, and would run here too.
"""

from collections.abc import Mapping, Sequence

from spindles.definitions.graph import StepGraph
from spindles.definitions.steps import StepDefinition

Taken = dict[str, frozenset[str]]
"""Of each gate the branches of which one has to be taken."""


def branches_of(steps: Sequence[StepDefinition]) -> dict[str, Taken]:
    """Return for each step the gates that it stands behind, the outer ones left out.

    A step that names a branch itself is bound by it, unless one of several dependencies is enough
    (`join` any). Behind that a step is bound where all its dependencies are.
    """
    by_id = {step.id: step for step in steps}
    bound: dict[str, Taken] = {}
    for known in StepGraph(steps).order:
        bound[known] = _bound(by_id[known], bound)
    return {known: _innermost(taken, bound) for known, taken in bound.items()}


def condition_of(taken: Taken, own: str | None) -> str | None:
    """Return the condition (CEL) of a step: its branches, and what it asks itself."""
    parts = [_asked(gate, branches) for gate, branches in sorted(taken.items())]
    if not parts:
        return own
    if own is not None:
        parts.append(f"({own})")
    return " && ".join(parts)


def _bound(step: StepDefinition, bound: Mapping[str, Taken]) -> Taken:
    ways: list[Taken] = []
    named: dict[str, frozenset[str]] = {}
    for dependency in step.dependencies:
        way = dict(bound[dependency.step_id])
        if dependency.branch is not None:
            way[dependency.step_id] = frozenset({dependency.branch})
            named[dependency.step_id] = (
                named.get(dependency.step_id, frozenset()) | way[dependency.step_id]
            )
        ways.append(way)
    common = _common(ways)
    return common if step.join == "any" else common | named


def _common(ways: Sequence[Taken]) -> Taken:
    """Return what holds whichever way a step is reached; where branches meet, that is neither."""
    if not ways:
        return {}
    first, *others = ways
    return {
        gate: branches
        for gate, branches in first.items()
        if all(way.get(gate) == branches for way in others)
    }


def _innermost(taken: Taken, bound: Mapping[str, Taken]) -> Taken:
    """Leave out the gates that another one stands behind itself: it completes only through them."""
    return {
        gate: branches
        for gate, branches in taken.items()
        if not any(
            gate in bound[other] and bound[other][gate] <= branches
            for other in taken
            if other != gate
        )
    }


def _asked(gate: str, branches: frozenset[str]) -> str:
    # A gate that was skipped itself has no output; the status is asked first.
    step = f"steps[{_quoted(gate)}]"
    wanted = ", ".join(_quoted(branch) for branch in sorted(branches))
    chosen = f"== {wanted}" if len(branches) == 1 else f"in [{wanted}]"
    return f'{step}.status == "completed" && {step}.output.branch {chosen}'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
