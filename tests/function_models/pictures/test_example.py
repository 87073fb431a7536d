"""The picture in the documentation is the one that the platform draws."""

from pathlib import Path

from django.conf import settings

from function_models.canvas.document import parse_canvas
from function_models.pictures.drawing import draw_model
from tests.function_models.pictures.examples import STATUSES, incident
from tests.function_models.pictures.reading import HEADING

EXAMPLE = Path(settings.BASE_DIR) / "docs" / "images" / "function-model.svg"


def test_the_picture_in_the_documentation_is_the_one_that_is_drawn() -> None:
    canvas = parse_canvas(incident(), statuses=STATUSES)

    assert EXAMPLE.read_text() == draw_model(canvas=canvas, heading=HEADING).svg
