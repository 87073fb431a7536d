"""How many statements it costs to start runs, whatever the size of the model."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from function_models.models import FunctionModel
from tests.factories import Cast
from tests.function_models.api.observing import address
from tests.function_models.drawings import container, drawing
from tests.function_models.running.published import ends, execute, nests, publish

pytestmark = pytest.mark.django_db


def spent(cast: Cast, method: str, url: str, body: Any = None) -> int:
    client = cast.editor.client
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code in (200, 202), response.content
    return len(captured)


def nesting(cast: Cast, count: int) -> FunctionModel:
    """Return a model that nests so many others."""
    inner = [
        publish(
            cast.editor,
            drawing(container("io", "ioNode", boundary_type="input-output")),
            name=f"Inner {count} {number}",
        )
        for number in range(count)
    ]
    actions = [nests(f"m{place}", one) for place, one in enumerate(inner)]
    return publish(cast.editor, ends(*actions), name=f"Outer {count}")


@pytest.mark.parametrize(
    ("asked", "most"), [({}, 30), ({"dry_run": True}, 16)], ids=["execute", "dry run"]
)
def test_a_start_costs_the_same_however_many_models_are_nested(
    cast: Cast, asked: dict[str, Any], most: int
) -> None:
    few, many = nesting(cast, 1), nesting(cast, 5)
    spent(cast, "post", address(few, "execute/"), asked)  # what is read once by each process

    counts = [spent(cast, "post", address(one, "execute/"), asked) for one in (few, many)]

    assert counts[0] == counts[1] <= most


def test_a_list_of_runs_costs_the_same_however_many_there_are(cast: Cast) -> None:
    model = publish(cast.editor, ends())
    execute(cast.editor, model)
    first = spent(cast, "get", address(model, "executions/"))
    for _ in range(3):
        execute(cast.editor, model)
    assert spent(cast, "get", address(model, "executions/")) == first <= 6
