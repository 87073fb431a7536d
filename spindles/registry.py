"""How apps add kinds of steps, and things that run: what stands between them and the engine.

The engine knows plans and kinds of steps, nothing of features. An app's `steps.py` says which kinds
it adds; its `runnables` say how an entity of it becomes a run. Both join in `AppConfig.ready()`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from spindles.choices import Category, LogLevel

if TYPE_CHECKING:
    from spindles.plans.plan import Plan


class StepError(Exception):
    """A step has failed for a reason that is known.

    `code` is snake_case, `message` a sentence for the owner of the run, without secrets. Whether it
    is tried again follows from the category unless `retryable` says it; `retry_after` (seconds) is
    the least wait that the other side asked for.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        category: Category = Category.EXECUTION,
        retryable: bool | None = None,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.category = category
        self.retryable = category.is_retried if retryable is None else retryable
        self.retry_after = retry_after
        self.details = dict(details or {})


@dataclass(frozen=True, slots=True)
class Used:
    """An entity, or a node inside one, that a step used or started; `version` pins the link."""

    feature: str
    entity_id: UUID
    link_type: str
    version: str | None = None
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The step is completed. `output` is JSON; what it used becomes runtime links."""

    output: Any = None
    used: Sequence[Used] = ()


@dataclass(frozen=True, slots=True)
class Sleep:
    """Complete the step with null after `seconds`, or at `until`; no worker is held meanwhile."""

    seconds: float | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AwaitEvent:
    """Complete the step with the next event of `event_type` for which `match` (CEL) holds."""

    event_type: str
    match: str | None = None
    expires_after: float | None = None


@dataclass(frozen=True, slots=True)
class AwaitPerson:
    """Complete the step with what a person decides (`approve`) or fills in (`form`).

    `assignees` are user ids, e-mail addresses or roles; `schema` is a JSON schema of the form.
    """

    title: str
    mode: str = "approve"
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    assignees: Sequence[str] = ()
    expires_after: float = 604_800
    on_reject: str = "fail"
    proposal: Any = None


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start a run of another entity; with `wait` its outputs complete the step, else its id does.

    `max_depth` lowers how many levels of runs there may be, the root included; `narrow` says how
    the outputs of the child become the output of the step, `expires_after` (seconds) how long it
    may take.
    """

    feature: str
    target: str
    version: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = True
    max_depth: int | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    narrow: Mapping[str, Any] = field(default_factory=dict)
    expires_after: float | None = None


@dataclass(frozen=True, slots=True)
class ForEach:
    """Run a step of `kind` with `params` for each item; the outputs in their order complete it.

    `on_item_error` is `fail`, or `collect`: then a failed item yields `{"error": …}`.
    """

    items: Sequence[Any]
    kind: str
    params: Mapping[str, Any]
    concurrency: int | None = None
    on_item_error: str = "fail"


Result = Done | Sleep | AwaitEvent | AwaitPerson | StartChild | ForEach


class Log(Protocol):
    """Writes a line of the run's log."""

    def __call__(self, level: LogLevel, message: str, **data: Any) -> None:
        """Write it; secrets are masked before anything is stored."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may know of its run.

    `actor` is who started it. `idempotency_key` is the same for a try that replaces one whose end
    nobody knows. `variables` are those of templates and conditions (`inputs`, `steps`, `execution`,
    `trigger`, `context`, inside a map `item` and `index`); outside the engine's process only what
    needs no other step is there: without `steps`.
    """

    actor: Actor
    execution_id: UUID
    step_id: str
    attempt: int
    idempotency_key: str
    environment: str
    variables: Mapping[str, Any]
    log: Log
    replayed: bool = False

    @property
    def organization_id(self) -> UUID:
        """The tenant."""
        return self.actor.tenant_id


class Place(StrEnum):
    """Where a kind is at work."""

    # In the engine's own transaction: for what is short and bounded. It may read and write the
    # database: that is committed with the step's outcome, exactly once.
    INLINE = "inline"
    # In a process of its own, which is killed where it exceeds its time or memory.
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Expression:
    """CEL in the parameters of a step: where (RFC 6901), what, and the variables it has besides."""

    pointer: str
    text: str
    variables: frozenset[str] = frozenset()
    whole: bool = True  # the value must be true or false


@dataclass(frozen=True, slots=True)
class Reference:
    """An entity that parameters name, by id or, for spindles and SOPs, by slug."""

    pointer: str
    feature: str
    target: str
    version: str | None = None


def _nothing(params: Mapping[str, Any]) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of steps.

    `params` is the model of the parameters after their templates were rendered; those named in
    `raw` are handed over as they were written (they hold CEL, or templates for later).
    A kind that `uses_database` while it is inline has a savepoint around it.
    A kind that `has_effect` outside is answered from the recording when a run is replayed. An
    `internal` one is made by compilers and offered to nobody. `outcomes` tells the branches that a
    dependency can name as `gate:name`.
    """

    name: str
    title: str
    description: str
    params: type[BaseModel]
    handle: Callable[[StepContext, Any], Result]
    place: Place = Place.OUTSIDE
    has_effect: bool = False
    uses_database: bool = False
    raw: frozenset[str] = frozenset()
    expressions: Callable[[Mapping[str, Any]], Iterable[Expression]] = _nothing
    references: Callable[[Mapping[str, Any]], Iterable[Reference]] = _nothing
    outcomes: Callable[[Mapping[str, Any]], Iterable[str]] = _nothing
    internal: bool = False


class StepKindRegistry:
    """The kinds of steps of this process. Every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._kinds: dict[str, StepKind] = {}

    def add(self, kind: StepKind) -> None:
        """Add a kind; twice the same name is a programming error (`ValueError`)."""
        if kind.name in self._kinds:
            raise ValueError(f"There is a kind of steps named {kind.name} already.")
        self._kinds[kind.name] = kind

    def get(self, name: str) -> StepKind | None:
        """Return the kind of this name, if there is one."""
        return self._kinds.get(name)

    def offered(self) -> list[StepKind]:
        """Return the kinds that authors may use, by name."""
        return [self._kinds[name] for name in sorted(self._kinds) if not self._kinds[name].internal]

    def __iter__(self) -> Iterator[StepKind]:
        """Yield every kind, by name."""
        return iter([self._kinds[name] for name in sorted(self._kinds)])


step_kinds = StepKindRegistry()


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
    besides what every run has; `steps` are all of its rows, in the order of their declaration.
    `sees(execution, plan, step_id)` returns what expressions of a step see as `context`; without it
    they see that of the run.
    """

    feature: str
    prepare: Prepare
    ended: Callable[[Any], None] | None = None
    narrow: Callable[[Mapping[str, Any], Mapping[str, Any]], Any] | None = None
    dry_run: DryRun | None = None
    tell: Callable[[Any, Sequence[Any]], Mapping[str, Any]] | None = None
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
