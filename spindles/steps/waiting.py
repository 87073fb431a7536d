"""Kinds that wait without holding a worker: for a moment, or for an event."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, model_validator

from spindles.expressions.conditions import MAX_CHARACTERS
from spindles.registry.kinds import Expression, Place, StepContext, StepKind
from spindles.registry.results import AwaitEvent, Sleep
from spindles.steps.params import YEAR, Params, text_at


class DelayParams(Params):
    """Exactly one of both."""

    seconds: Annotated[float, Field(ge=0, le=YEAR)] | None = Field(
        default=None, title="Seconds", description="How long, at most 366 days"
    )
    until: AwareDatetime | None = Field(
        default=None, title="Until", description="The moment, with its offset from UTC"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("Exactly one of `seconds` and `until` is needed.")
        return self


def delay(context: StepContext, params: DelayParams) -> Sleep:
    """Sleep; a moment that has passed is over at once."""
    return Sleep(seconds=params.seconds, until=params.until)


class WaitEventParams(Params):
    """Which event."""

    event_type: str = Field(
        min_length=1, max_length=100, title="Event type", description="Such as SopPublished"
    )
    match: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CHARACTERS,
        title="Match",
        description="CEL over `event` and the variables of the run; without it any event will do",
    )
    expires_after: float | None = Field(
        default=None,
        gt=0,
        le=YEAR,
        title="Expires after",
        description="Seconds after which the step fails",
    )


def wait_for_event(context: StepContext, params: WaitEventParams) -> AwaitEvent:
    """Wait for the next event that matches."""
    return AwaitEvent(
        event_type=params.event_type, match=params.match, expires_after=params.expires_after
    )


def _match_of(params: Mapping[str, Any]) -> Iterator[Expression]:
    text = text_at(params, "match")
    if text is not None:
        yield Expression("/match", text, frozenset({"event"}))


DELAY = StepKind(
    name="delay",
    title="Delay",
    description="Waits for some time, or until a moment.",
    params=DelayParams,
    handle=delay,
    place=Place.INLINE,
)
WAIT_EVENT = StepKind(
    name="wait_event",
    title="Wait for an event",
    description="Waits until something happens; the event is its output.",
    params=WaitEventParams,
    handle=wait_for_event,
    place=Place.INLINE,
    # A replay would wait for what has happened already.
    has_effect=True,
    raw=frozenset({"match"}),
    expressions=_match_of,
)
KINDS = (DELAY, WAIT_EVENT)
