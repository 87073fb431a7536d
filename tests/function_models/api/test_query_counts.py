"""How many statements a change of a drawing costs, whatever its size."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from function_models.models import FunctionModel
from tests.factories import Cast, make_model
from tests.function_models.api.observing import MODELS, address
from tests.function_models.drawings import container, drawing

pytestmark = pytest.mark.django_db

# Three of each are the request's own: a savepoint, its release, and entering the organisation.
# A change of text reads, writes and posts the nodes that say something else now.
COSTS = {"list": 5, "node": 12, "canvas": 12, "nothing": 4, "description": 12, "metadata": 6}


def spent(cast: Cast, method: str, url: str, body: Any = None) -> list[str]:
    client = cast.editor.client
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 300, response.content
    return [query["sql"] for query in captured]


def drawn_model(cast: Cast, count: int) -> FunctionModel:
    return make_model(cast.editor, drawing(*(container(f"n{number}") for number in range(count))))


@pytest.mark.parametrize("count", [3, 30])
def test_a_change_costs_the_same_among_three_nodes_and_among_thirty(cast: Cast, count: int) -> None:
    model = drawn_model(cast, count)
    nodes = [container(f"n{number}") for number in range(count)]
    nodes[1]["data"]["name"] = "Also"
    nodes[0]["data"]["name"] = "Renamed"

    found = {
        "list": spent(cast, "get", MODELS),
        "node": spent(cast, "patch", address(model, "nodes/n0/"), {"data": {"name": "Renamed"}}),
        "canvas": spent(cast, "put", address(model, "canvas/"), drawing(*nodes)),
        "nothing": spent(cast, "put", address(model, "canvas/"), drawing(*nodes)),
        "description": spent(cast, "patch", address(model), {"description": "Other words"}),
        "metadata": spent(cast, "patch", address(model), {"metadata": {"a": 1}}),
    }

    assert {name: len(statements) for name, statements in found.items()} == COSTS


def test_only_the_nodes_that_say_something_else_are_looked_at(cast: Cast) -> None:
    model = drawn_model(cast, 5)

    statements = spent(cast, "patch", address(model, "nodes/n3/"), {"data": {"name": "Renamed"}})

    [looked] = [sql for sql in statements if sql.startswith("SELECT") and "FOR UPDATE" in sql
                and 'FROM "node_metadata"' in sql]  # fmt: skip
    assert "n3" in looked
    assert not [name for name in ("n0", "n1", "n2", "n4") if name in looked]
