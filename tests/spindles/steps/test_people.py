"""The step that a person does."""

from typing import Any

import pytest
from pydantic import ValidationError

from spindles.registry.kinds import Place, step_kinds
from spindles.registry.results import AwaitPerson
from tests.spindles.steps.running import run_step

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def test_a_decision_is_asked_for() -> None:
    assert run_step(
        "human_task", {"title": "Pay ${{ inputs.n }}?"}, inputs={"n": 3}
    ) == AwaitPerson(title="Pay 3?")


def test_a_form_is_asked_for() -> None:
    params = {
        "title": "Count",
        "mode": "form",
        "schema": SCHEMA,
        "description": "by hand",
        "assignees": ["admin", "ann@example.com", "admin"],
        "expires_after": 60,
        "on_reject": "continue",
        "proposal": {"n": "${{ inputs.n }}"},
    }

    assert run_step("human_task", params, inputs={"n": 3}) == AwaitPerson(
        title="Count",
        mode="form",
        description="by hand",
        schema=SCHEMA,
        assignees=("admin", "ann@example.com"),
        expires_after=60,
        on_reject="continue",
        proposal={"n": 3},
    )


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"mode": "form"},
        {"mode": "vote"},
        {"schema": {"type": "nonsense"}},
        {"assignees": [""]},
        {"expires_after": 0},
        {"on_reject": "ignore"},
        {"priority": 1},
    ],
)
def test_a_task_nobody_could_do_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step("human_task", {"title": "Pay?", **change})


def test_a_replay_takes_the_answer_that_a_person_gave() -> None:
    kind = step_kinds.get("human_task")
    assert kind is not None

    assert (kind.place, kind.has_effect) == (Place.INLINE, True)
