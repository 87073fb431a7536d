"""What a step answers: that it is done, that it waits, or that it failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from spindles.choices import Category


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
