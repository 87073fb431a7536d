"""The pictures in the documentation are those that the platform draws."""

from pathlib import Path

from django.conf import settings

from spindles.pictures.steps import draw_steps
from spindles.pictures.timeline import draw_timeline
from tests.spindles.pictures.examples import EDGES, STATES, STEPS, incident
from tests.spindles.pictures.runs import at

IMAGES = Path(settings.BASE_DIR) / "docs" / "images"


def test_the_timeline_in_the_documentation_is_the_one_that_is_drawn() -> None:
    drawn = draw_timeline(run=incident(), now=at(1e6)).svg

    assert (IMAGES / "run-timeline.svg").read_text() == drawn


def test_the_path_in_the_documentation_is_the_one_that_is_drawn() -> None:
    drawn = draw_steps(
        STEPS, EDGES, STATES, heading="Contain an incident 1.2.0",
        summary="running for 2 min 4 s · 5 of 8 steps · production",
    ).svg  # fmt: skip

    assert (IMAGES / "run-path.svg").read_text() == drawn
