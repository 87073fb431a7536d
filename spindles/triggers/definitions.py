"""How the triggers of a spindle are written down, and what is wrong with them.

[{"kind": "schedule", "cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"},
 {"kind": "webhook", "path": "deploys", "inputs": {"app": "${{ trigger.payload.app }}"}},
 {"kind": "event", "type": "SopPublished", "filter": "event.data.version == '1.0.0'"}]
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from config.exceptions import FieldError, ValidationFailed
from node_links.canvas.faults import child, faults_of
from spindles.choices import CatchUp, HookAuth, Overlap, TriggerKind
from spindles.triggers.schedules import check_cron, check_timezone

MAX_TRIGGERS = 50
MAX_TOLERANCE = 3600
UNHEARD = ("StepExecution",)
"""Beginnings of types of events that start nothing: a run would wake others with each step."""

Key = Annotated[str, StringConstraints(max_length=200)]
HookPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
EventTypeName = Annotated[
    str, StringConstraints(pattern=r"^(\*|[A-Z][A-Za-z0-9]*\*?)$", max_length=100)
]


class Definition(BaseModel):
    """What every trigger has. `id` names it among those of its spindle, also in later versions."""

    model_config = ConfigDict(extra="forbid")

    id: Key = ""
    name: Annotated[str, StringConstraints(max_length=200)] | None = None


class ManualTrigger(Definition):
    """The spindle is started by hand, which it always may be."""

    kind: Literal[TriggerKind.MANUAL]


class ScheduleTrigger(Definition):
    """The spindle is started at planned times.

    `cron` has five fields and is read in `timezone`. `catch_up` says which times that passed while
    nothing ran are made up for, `overlap` what happens while a run of the schedule is still open.
    `inputs` are values; `${{ trigger.planned_at }}` is the planned time.
    """

    kind: Literal[TriggerKind.SCHEDULE]
    cron: Annotated[str, StringConstraints(max_length=200)]
    timezone: Annotated[str, StringConstraints(max_length=100)] = "UTC"
    catch_up: CatchUp = CatchUp.LATEST
    overlap: Overlap = Overlap.QUEUE
    inputs: dict[str, Any] = Field(default_factory=dict)

    _cron = field_validator("cron")(check_cron)
    _timezone = field_validator("timezone")(check_timezone)


class WebhookTrigger(Definition):
    """The spindle is started by whoever posts to an address and can prove who they are.

    `path` is unique in the organisation; without one the address is made up. The body is
    `trigger.payload`: members named like declared inputs fill them, `inputs` fills more of them by
    templates. A signature is good for `tolerance` seconds.
    """

    kind: Literal[TriggerKind.WEBHOOK]
    path: HookPath | None = None
    auth: HookAuth = HookAuth.SIGNED
    tolerance: Annotated[int, Field(ge=1, le=MAX_TOLERANCE)] = 300
    inputs: dict[str, Any] = Field(default_factory=dict)


class EventTrigger(Definition):
    """The spindle is started by events of the organisation.

    `type` is one type, the beginning of types with `*` after it, or `*`. `filter` is CEL over
    `event`, the envelope. `inputs` may use `${{ trigger.event.data.… }}`.
    """

    kind: Literal[TriggerKind.EVENT]
    type: EventTypeName
    filter: Annotated[str, StringConstraints(max_length=1000)] | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)

    @field_validator("type")
    @classmethod
    def _is_heard_of(cls, value: str) -> str:
        if value.startswith(UNHEARD):
            raise ValueError("Events of single steps start nothing; name those of the run.")
        return value


AnyTrigger = ManualTrigger | ScheduleTrigger | WebhookTrigger | EventTrigger
KINDS: Mapping[str, type[AnyTrigger]] = {
    TriggerKind.MANUAL: ManualTrigger,
    TriggerKind.SCHEDULE: ScheduleTrigger,
    TriggerKind.WEBHOOK: WebhookTrigger,
    TriggerKind.EVENT: EventTrigger,
}


def parse_triggers(
    value: Any, *, pointer: str = "/triggers", stored: bool = False
) -> list[AnyTrigger]:
    """Return the triggers that `value`, a list of objects, describes; each has an id then.

    Those that are `stored` may have members besides: what a drawing says of its nodes. Raises
    `ValidationFailed` with pointers below `pointer`: the codes of single fields, and `duplicate`
    for an id or a path that comes twice.
    """
    if not isinstance(value, list):
        raise ValidationFailed.of(pointer, "invalid", "A list of triggers is needed.")
    if len(value) > MAX_TRIGGERS:
        message = f"At most {MAX_TRIGGERS} triggers are allowed."
        raise ValidationFailed.of(pointer, "max_length", message)
    found: list[AnyTrigger] = []
    errors: list[FieldError] = []
    for place, item in enumerate(value):
        try:
            found.append(parse_trigger(item, pointer=child(pointer, place), stored=stored))
        except ValidationFailed as failed:
            errors += failed.errors
    if not errors:
        _name(found)
        errors = [*_repeated(found, "id", pointer), *_repeated(found, "path", pointer)]
    if errors:
        raise ValidationFailed(errors=errors)
    return found


def parse_trigger(value: Any, *, pointer: str = "", stored: bool = False) -> AnyTrigger:
    """Return one trigger; its id may be empty. Raises `ValidationFailed`."""
    if not isinstance(value, Mapping):
        raise ValidationFailed.of(pointer, "invalid", "A trigger is an object.")
    kind = value.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        code = "required" if kind is None else "invalid_choice"
        message = f"The kind is one of: {', '.join(KINDS)}."
        raise ValidationFailed.of(child(pointer, "kind"), code, message)
    known = {name: value[name] for name in value if name in model.model_fields or not stored}
    try:
        return model.model_validate(known)
    except ValidationError as error:
        raise ValidationFailed(errors=faults_of(error, pointer=pointer)) from None


def _name(found: Sequence[AnyTrigger]) -> None:
    """Give those without an id the name of their kind, counted where there are several."""
    taken = {trigger.id for trigger in found}
    for trigger in found:
        if not trigger.id:
            trigger.id = next(name for name in _names(trigger.kind) if name not in taken)
            taken.add(trigger.id)


def _names(kind: str) -> Iterator[str]:
    yield str(kind)
    for number in count(2):
        yield f"{kind}-{number}"


def _repeated(found: Sequence[AnyTrigger], name: str, pointer: str) -> list[FieldError]:
    seen: set[str] = set()
    errors = []
    for place, trigger in enumerate(found):
        value = getattr(trigger, name, None)
        if value in seen:
            where = child(pointer, place, name)
            errors.append(FieldError(where, "duplicate", f"Another trigger has this {name} too."))
        elif value is not None:
            seen.add(value)
    return errors
