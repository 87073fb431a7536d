"""Lists: what is shown, filtered, searched and ordered, and what they cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tenancy import scope
from function_models.models import FunctionModel
from tests.factories import Cast, Person, make_model
from tests.function_models.api.observing import MODELS, address, publishable
from tests.function_models.drawings import container, drawing, knowledge
from tests.observing import UNKNOWN, answered, faults, refused

pytestmark = pytest.mark.django_db


def names(person: Person, query: str = "") -> list[str]:
    return [row["name"] for row in answered(person.client.get(f"{MODELS}{query}"))["results"]]


@pytest.fixture
def three(cast: Cast) -> list[FunctionModel]:
    """Return three models: one with nodes named after pumps, one published, one archived."""
    pumps = drawing(container("a", name="Start the pump"), container("b", name="Wait for steam"))
    made = [
        make_model(cast.editor, pumps, name="Boiler", tags=["steam", "hot"], process_type="plant"),
        make_model(cast.admin, publishable(), name="Reports", description="Weekly steam figures"),
        make_model(cast.editor, name="Old", tags=["hot"]),
    ]
    answered(cast.editor.client.post(address(made[1], "publish/")))
    answered(cast.editor.client.post(address(made[2], "archive/")))
    return made


def test_the_last_changed_comes_first_and_the_archived_stays_away(
    cast: Cast, three: list[FunctionModel]
) -> None:
    assert names(cast.viewer) == ["Reports", "Boiler"]
    assert names(cast.viewer, "?include_archived=true") == ["Old", "Reports", "Boiler"]
    assert names(cast.viewer, "?status=archived") == ["Old"]
    assert names(cast.viewer, "?status=published") == ["Reports"]
    assert names(cast.viewer, "?ordering=name") == ["Boiler", "Reports"]
    assert names(cast.viewer, "?ordering=-last_saved_at") == ["Reports", "Boiler"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags=hot", ["Boiler"]),
        ("tags=none,steam", ["Boiler"]),
        ("process_type=plant", ["Boiler"]),
        ("search=steam", ["Reports", "Boiler"]),
        ("search=PUMP", ["Boiler"]),
        ("search=steam weekly", ["Reports"]),
        ("search=pump weekly", []),
        ("search=report", ["Reports"]),
        ("with_dependencies=true", ["Reports"]),
        ("with_dependencies=false", ["Boiler"]),
        ("created_after=2999-01-01T00:00:00Z", []),
        ("created_before=2999-01-01T00:00:00Z", ["Reports", "Boiler"]),
        ("deletion_candidates_older_than=1", []),
    ],
)
def test_lists_are_filtered(
    cast: Cast, three: list[FunctionModel], query: str, found: list[str]
) -> None:
    assert names(cast.admin, f"?{query}") == found


def test_models_of_one_owner(cast: Cast, three: list[FunctionModel]) -> None:
    assert names(cast.viewer, f"?owner={cast.admin.user.pk}") == ["Reports"]


def test_what_nobody_has_changed_for_long_is_shown_to_administrators(
    cast: Cast, three: list[FunctionModel]
) -> None:
    with scope(cast.editor.actor):
        old = timezone.now() - timedelta(days=91)
        FunctionModel.objects.filter(pk=three[0].pk).update(updated_at=old)

    assert names(cast.admin, "?deletion_candidates_older_than=90") == ["Boiler"]
    response = cast.editor.client.get(f"{MODELS}?deletion_candidates_older_than=90")
    refused(response, 403, "permission_denied")


@pytest.mark.parametrize(
    "query",
    [
        "status=open",
        "owner=me",
        "with_dependencies=yes",
        "created_after=yesterday",
        "deletion_candidates_older_than=-1",
        "deletion_candidates_older_than=x",
        "ordering=nodes_data",
        "colour=red",
        "include_archived=1",
    ],
)
def test_a_wrong_parameter_is_named(cast: Cast, query: str) -> None:
    response = cast.admin.client.get(f"{MODELS}?{query}")

    assert response.status_code == 400
    assert {pointer for pointer, _ in faults(response)} == {f"?{query.split('=')[0]}"}


def spent(person: Person, method: str, url: str, body: Any = None) -> list[str]:
    client = person.client
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 300, response.content
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("count", [2, 30])
def test_a_list_loads_no_drawing_and_costs_the_same_for_any_number(cast: Cast, count: int) -> None:
    for number in range(count):
        make_model(cast.editor, publishable(), name=f"Model {number}")

    for query in ("", "&search=work", "&with_dependencies=true"):
        statements = spent(cast.viewer, "get", f"{MODELS}?page_size=100{query}")
        assert len(statements) == 5
        [rows] = [sql for sql in statements if sql.startswith("SELECT") and "ORDER BY" in sql]
        selected = rows.split(" FROM ")[0]
        assert "nodes_data" not in selected
        assert "edges_data" not in selected


@pytest.mark.parametrize("count", [2, 40])
def test_writes_cost_the_same_for_any_number_of_nodes(cast: Cast, count: int) -> None:
    actions = [
        knowledge(f"k{i}", "work", kb_reference_id=UNKNOWN, execution_order=i + 1)
        for i in range(count)
    ]
    model = make_model(cast.editor)
    canvas = address(model, "canvas/")
    drawing_of_many = publishable(*actions)
    without = publishable(*(container(f"c{i}") for i in range(count)))

    found = {
        "draw": len(spent(cast.editor, "put", canvas, drawing_of_many)),
        "same": len(spent(cast.editor, "put", canvas, drawing_of_many)),
        "node": len(
            spent(cast.editor, "patch", address(model, "nodes/work/"), {"data": {"name": "W"}})
        ),
        "validate": len(spent(cast.editor, "post", address(model, "validate/"))),
        "redraw": len(spent(cast.editor, "put", canvas, without)),
        "publish": len(spent(cast.editor, "post", address(model, "publish/"))),
        "read": len(spent(cast.viewer, "get", canvas)),
    }

    assert found == COSTS


COSTS = {
    "draw": 15,
    "same": 4,
    "node": 12,
    "validate": 6,
    "redraw": 21,
    "publish": 13,
    "read": 4,
}
