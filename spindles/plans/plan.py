"""A plan: steps, what each waits for, and what keeps it from running.

Authors compile to it, the engine knows nothing else. A plan never changes: a run that has begun on
one ends on it, whatever happens to the drawing meanwhile.
"""

import hashlib
from functools import cached_property
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1

Join = Literal["all", "any", "all_done"]
GuardReason = Literal["previous_failed", "run_stopped"]


class Part(BaseModel):
    """Base of everything in a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RetryRule(Part):
    """When a failed step is tried again: attempts with the first one, waits in seconds."""

    max_attempts: int = 1
    strategy: Literal["immediate", "linear", "exponential"] = "exponential"
    base_delay: float = 1
    max_delay: float = 30
    multiplier: float = 2
    jitter: float = 0

    def uncapped_delay_after(self, attempt: int) -> float:
        """Return the seconds that the strategy asks for after failed attempt `attempt` (from 1)."""
        if self.strategy == "immediate":
            return 0
        if self.strategy == "linear":
            return self.base_delay * attempt
        return self.base_delay * self.multiplier ** (attempt - 1)

    def delay_after(self, attempt: int) -> float:
        """Return the seconds to wait after failed attempt `attempt` (from 1), without jitter."""
        return min(self.uncapped_delay_after(attempt), self.max_delay)

    @property
    def delays(self) -> list[float]:
        """The waits between all attempts, without jitter: one fewer than attempts."""
        return [self.delay_after(attempt) for attempt in range(1, self.max_attempts)]


class Guard(Part):
    """Skip the step, for `reason`, where one of `steps` has failed when it would start."""

    steps: tuple[str, ...]
    reason: GuardReason = "previous_failed"


class Group(Part):
    """Steps of which no more than `max_concurrency` run side by side, the lower rank first."""

    id: str
    max_concurrency: int = Field(ge=1)


class Step(Part):
    """One step.

    - `kind` names the handler, `params` are its parameters, templates included;
    - `depends_on` with `join` says when it is ready, `condition` (CEL) whether it then runs;
    - `parent` is the step that opens the part it belongs to: where that one does not complete, this
      one is skipped as `container_skipped`;
    - `inactive` steps are skipped, and what depends on them runs;
    - `last_try_after`: the steps of its phase, itself included; once these have settled, a failure
      is tried one more time, one after the other where they depend on each other;
    - `timeout` in seconds, 0 is no limit; `rank` orders the steps of a group;
    - `closes` is the step that opens the part this one closes: it is skipped as that one was, and
      comes to its end also after the run was stopped;
    - `internal` steps hold the plan together and are shown to nobody.
    """

    id: str
    kind: str
    name: str
    params: dict[str, Any] = {}
    depends_on: tuple[str, ...] = ()
    join: Join = "all"
    condition: str | None = None
    retry: RetryRule = RetryRule()
    timeout: float = 300
    priority: int = 5
    concurrency: int | None = None
    agent_role: str | None = None
    parent: str | None = None
    closes: str | None = None
    inactive: bool = False
    guards: tuple[Guard, ...] = ()
    last_try_after: tuple[str, ...] = ()
    group: str | None = None
    rank: int = 0
    internal: bool = False


class NamedOutput(Part):
    """One output of a run: the output of `step` where it completed, else `value`, which is any
    JSON, templates included.
    """

    name: str
    value: Any = None
    step: str | None = None


class Plan(Part):
    """Everything one version runs.

    A failure of one of `stoppers` lets nothing further start. Without `outputs` a run yields what
    each of its steps produced. `contexts` is what its author tells of contexts, by node; the engine
    does not read it.
    """

    format: int = FORMAT
    steps: tuple[Step, ...]
    groups: tuple[Group, ...] = ()
    stoppers: tuple[str, ...] = ()
    outputs: tuple[NamedOutput, ...] | None = None
    contexts: dict[str, Any] = {}

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """Every step by its id."""
        return {step.id: step for step in self.steps}

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The steps of each group."""
        found: dict[str, list[str]] = {group.id: [] for group in self.groups}
        for step in self.steps:
            if step.group is not None:
                found[step.group].append(step.id)
        return {name: tuple(steps) for name, steps in found.items()}

    @cached_property
    def limits(self) -> dict[str, int]:
        """How many steps of each group run side by side."""
        return {group.id: group.max_concurrency for group in self.groups}

    @cached_property
    def affected(self) -> dict[str, tuple[str, ...]]:
        """For each step those whose readiness may change when it changes."""
        found: dict[str, dict[str, None]] = {step.id: {} for step in self.steps}
        for step in self.steps:
            looked_at = [*step.depends_on, *step.last_try_after, step.parent, step.closes]
            looked_at += [name for guard in step.guards for name in guard.steps]
            for name in looked_at:
                if name is not None:
                    found[name][step.id] = None
        for members in self.members.values():
            for name in members:
                found[name] |= dict.fromkeys(members)
        return {name: tuple(others) for name, others in found.items()}

    def as_json(self) -> bytes:
        """Return the canonical form: keys sorted, no blanks."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal: equal plans have the same."""
        return hashlib.sha256(self.as_json()).hexdigest()
