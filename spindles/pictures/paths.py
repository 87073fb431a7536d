"""How far a run came, on the drawing of what runs: features add how they draw theirs.

    run_pictures.add(FeatureType.FUNCTION_MODEL, draw)      # in AppConfig.ready()

What no feature draws, or can no longer draw, is drawn from the plan of the run.
"""

from typing import Protocol

from node_links.pictures.picture import Picture
from spindles.models import Execution
from spindles.pictures.states import States
from spindles.pictures.steps import draw_steps, plan_drawing
from spindles.plans.plan import Plan


class DrawRun(Protocol):
    """Draws what runs, with the state of each step."""

    def __call__(
        self, *, execution: Execution, states: States, summary: str, headed: bool
    ) -> Picture | None:
        """Return the picture, None where what ran cannot be drawn any more.

        `summary` tells where the run stands, in one line.
        """


class RunPictures:
    """The features that draw their own runs."""

    def __init__(self) -> None:
        """Start empty."""
        self._drawings: dict[str, DrawRun] = {}

    def add(self, feature: str, draw: DrawRun) -> None:
        """Let a feature draw its runs; twice the same is a programming error (`ValueError`)."""
        if feature in self._drawings:
            raise ValueError(f"The runs of {feature} are drawn already.")
        self._drawings[feature] = draw

    def draw(
        self, *, execution: Execution, plan: Plan, states: States, summary: str, headed: bool
    ) -> Picture:
        """Return the picture of a run on the drawing of its feature, else on its plan."""
        draw = self._drawings.get(execution.source_feature)
        if draw is not None:
            found = draw(execution=execution, states=states, summary=summary, headed=headed)
            if found is not None:
                return found
        heading = f"{execution.source_name} {execution.source_version}" if headed else ""
        return draw_steps(*plan_drawing(plan), states, heading=heading, summary=summary)


run_pictures = RunPictures()
