"""The features whose entities run, and how an entity becomes a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import ValidationFailed

if TYPE_CHECKING:
    from spindles.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Source:
    """What a run runs: an entity in one version, and the checksum-named plan it compiles to."""

    feature: str
    entity_id: UUID
    name: str
    slug: str
    version: str
    plan_id: UUID
    is_draft: bool = False
    max_concurrency: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that may begin: its source, and its inputs with defaults filled in.

    `context` is what the feature notes with the run for its own use.
    """

    source: Source
    inputs: dict[str, Any]
    context: dict[str, Any] = field(default_factory=dict)


class Prepare(Protocol):
    """Finds what is to run and checks that it may."""

    def __call__(
        self,
        *,
        actor: Actor,
        target: str,
        version: str | None,
        environment: str,
        inputs: Mapping[str, Any],
        child: bool = False,
    ) -> Prepared:
        """Return the run that may begin. `target` is an id, or a slug where the feature has them.

        `version` is a number, `draft`, or None for the live one. A `child` is started by a run that
        was allowed to run: what the actor may execute was asked there.

        Raises `NotFound`, `Forbidden`, `Conflict` (`not_published`, `not_publishable`),
        `InvalidTransition`, and `ValidationFailed` with pointers under `/inputs`.
        """


class DryRun(Protocol):
    """Says what a run would do, without storing or calling anything."""

    def __call__(
        self,
        *,
        actor: Actor,
        target: str,
        version: str | None,
        environment: str,
        inputs: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """Return the answer as JSON; the arguments are those of `Prepare`.

        Without a version it tells of the live one, else of the draft. Raises as `Prepare`, but a
        definition with problems is told by `runnable: false`.
        """


@dataclass(frozen=True, slots=True)
class Runnable:
    """How entities of a feature run.

    `ended` hears of each end of a run, in its transaction, with the row of `executions`; `narrow`
    turns the outputs of a child into the output of the step that started it, given what that step
    asked for.
    `dry_run` tells what a run would do. `tell(execution, steps)` returns what answers say of a run
    besides what every run has; `steps` are all of its rows, in the order of their declaration, and
    `told` describes each member of it as JSON Schema.
    `sees(execution, plan, step_id)` returns what expressions of a step see as `context`; without it
    they see that of the run.
    """

    feature: str
    prepare: Prepare
    ended: Callable[[Any], None] | None = None
    narrow: Callable[[Mapping[str, Any], Mapping[str, Any]], Any] | None = None
    dry_run: DryRun | None = None
    tell: Callable[[Any, Sequence[Any]], Mapping[str, Any]] | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    sees: "Callable[[Any, Plan, str], Mapping[str, Any]] | None" = None


class RunnableRegistry:
    """The features that run."""

    def __init__(self) -> None:
        """Start empty."""
        self._runnables: dict[str, Runnable] = {}

    def add(self, runnable: Runnable) -> None:
        """Let a feature run; twice the same is a programming error (`ValueError`)."""
        if runnable.feature in self._runnables:
            raise ValueError(f"The feature {runnable.feature} runs already.")
        self._runnables[runnable.feature] = runnable

    def told(self) -> dict[str, Any]:
        """Return what answers may say of a run of any feature, by member, as JSON Schema."""
        return {
            name: schema for one in self._runnables.values() for name, schema in one.told.items()
        }

    def find(self, feature: str) -> Runnable | None:
        """Return how the feature runs, if it does."""
        return self._runnables.get(feature)

    def get(self, feature: str) -> Runnable:
        """Return how the feature runs. Raises `ValidationFailed` for one that does not."""
        found = self._runnables.get(feature)
        if found is None:
            known = ", ".join(sorted(self._runnables))
            raise ValidationFailed.of(
                "/feature", "invalid_choice", f"This does not run; there are: {known}."
            )
        return found


runnables = RunnableRegistry()
