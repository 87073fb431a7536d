"""A step that a person does: decides, or fills in a form."""

from typing import Annotated, Any, Literal, Self

import jsonschema_rs
from pydantic import AfterValidator, Field, model_validator

from spindles.registry.kinds import Place, StepContext, StepKind
from spindles.registry.results import AwaitPerson
from spindles.steps.params import YEAR, Params

WEEK = 604_800


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    if not jsonschema_rs.meta.is_valid(schema):
        raise ValueError("A JSON Schema is needed.")
    return schema


class HumanTaskParams(Params):
    """What is asked of whom."""

    title: str = Field(min_length=1, max_length=200, title="Title", description="What is to do")
    mode: Literal["approve", "form"] = Field(
        default="approve", title="Mode", description="A decision, or a form that is filled in"
    )
    description: str = Field(
        default="", max_length=10_000, title="Description", description="Markdown"
    )
    form: Annotated[dict[str, Any], AfterValidator(_form)] = Field(
        default={}, alias="schema", title="Schema", description="JSON Schema of the form"
    )
    assignees: list[Annotated[str, Field(min_length=1, max_length=254)]] = Field(
        default=[],
        max_length=50,
        title="Assignees",
        description="Ids or e-mail addresses of users, or roles; without any, whoever may edit",
    )
    expires_after: float = Field(
        default=WEEK, gt=0, le=YEAR, title="Expires after", description="Seconds"
    )
    on_reject: Literal["fail", "continue"] = Field(
        default="fail", title="On reject", description="What a rejection does to the step"
    )
    proposal: Any = Field(
        default=None, title="Proposal", description="Shown to the person; in a form, filled in"
    )

    @model_validator(mode="after")
    def _form_has_a_schema(self) -> Self:
        if self.mode == "form" and not self.form:
            raise ValueError("A form needs a `schema`.")
        return self


def ask_person(context: StepContext, params: HumanTaskParams) -> AwaitPerson:
    """Wait for a person."""
    return AwaitPerson(
        title=params.title,
        mode=params.mode,
        description=params.description,
        schema=params.form,
        assignees=tuple(dict.fromkeys(params.assignees)),
        expires_after=params.expires_after,
        on_reject=params.on_reject,
        proposal=params.proposal,
    )


HUMAN_TASK = StepKind(
    name="human_task",
    title="Human task",
    description="Asks a person to decide, or to fill in a form.",
    params=HumanTaskParams,
    handle=ask_person,
    place=Place.INLINE,
    # People are told and asked: a replay takes the answer that they gave.
    has_effect=True,
    raw=frozenset({"schema"}),
)
KINDS = (HUMAN_TASK,)
