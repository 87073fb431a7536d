"""Nested models that run when a person lets them: the step before the action's own."""

import re

from accounts.choices import Role
from function_models.canvas.nodes import Action, NestedData
from spindles.plans.plan import Step

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)


def is_released_by_hand(action: Action) -> bool:
    """Return whether a person has to let this action run."""
    data = action.data
    return isinstance(data, NestedData) and data.execution_policy.execution_trigger == "manual"


def release_id(action_id: str) -> str:
    """Return the id of the step in which a person lets an action run."""
    return f"{action_id}#release"


def release_step(action: Action, step: Step) -> Step:
    """Return the step in which a person lets the action of `step` run.

    It begins when the action would, and asks those who are accountable and responsible, as far as
    they are users or roles; who may edit the model may answer in any case where there are none.
    """
    title = f"Release {action.data.name}"[:200]
    return Step(
        id=release_id(action.id),
        kind="human_task",
        name=title,
        params={
            "title": title.replace("${{", "$${{"),
            "assignees": [party for party in _answerable(action) if _names_somebody(party)],
        },
        depends_on=step.depends_on,
        join=step.join,
        condition=step.condition,
        priority=step.priority,
        parent=step.parent,
        inactive=step.inactive,
        guards=step.guards,
    )


def _answerable(action: Action) -> list[str]:
    raci = action.data.raci
    return list(dict.fromkeys([*raci.accountable, *raci.responsible]))


def _names_somebody(party: str) -> bool:
    """Return whether a party is a user or a role, not merely a name."""
    return "@" in party or party in Role.values or bool(_UUID.fullmatch(party))
