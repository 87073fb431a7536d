"""Lists of spindles: what is shown, filtered, searched and ordered, and what requests cost."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from spindles.models import Spindle
from tests.factories import Cast, Person, make_spindle
from tests.observing import UNKNOWN, answered, refused
from tests.spindles.api.observing import SPINDLES, address, faults
from tests.spindles.definitions.writing import gate, step

pytestmark = pytest.mark.django_db


# Three of each are the request's own: a savepoint, its release, and entering the organisation.
COSTS = {
    "list": 5,
    "search": 5,
    "retrieve": 3,  # from the cache: nothing but the request's own
    "canvas": 4,
    "steps": 6,
    "nodes": 4,
    "kinds": 3,
    "patch": 8,
    "put_steps": 24,  # nodes, links and the words of the search follow
    "publish": 15,
    "versions": 6,
    "compare": 5,
    "deactivate": 9,
    "open": 8,
}


def names(person: Person, query: str = "") -> list[str]:
    return [row["name"] for row in answered(person.client.get(f"{SPINDLES}{query}"))["results"]]


@pytest.fixture
def three(cast: Cast) -> list[Spindle]:
    """Return three spindles: a draft with steps of its own, one that rests, one archived."""
    pump = [step("a", name="Start the pump"), step("b", name="Wait for steam")]
    made = [
        make_spindle(cast.editor, steps=pump, name="Boiler", tags=["hot"], spindle_type="plant"),
        make_spindle(
            cast.admin, steps=[step("x")], name="Reports", slug="weekly", complexity_level="simple"
        ),
        make_spindle(cast.editor, name="Old", tags=["hot"]),
    ]
    answered(cast.editor.client.post(address(made[1], "publish/")))
    answered(cast.editor.client.post(address(made[1], "deactivate/")))
    answered(cast.editor.client.post(address(made[2], "archive/")))
    return made


def test_the_last_changed_comes_first_and_the_archived_stays_away(
    cast: Cast, three: list[Spindle]
) -> None:
    assert names(cast.viewer) == ["Reports", "Boiler"]
    assert names(cast.viewer, "?include_archived=true") == ["Old", "Reports", "Boiler"]
    assert names(cast.viewer, "?ordering=name") == ["Boiler", "Reports"]
    assert names(cast.viewer, "?ordering=-slug") == ["Reports", "Boiler"]
    assert names(cast.stranger) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=draft", ["Boiler"]),
        ("status=archived", ["Old"]),
        ("live_status=inactive", ["Reports"]),
        ("slug=weekly", ["Reports"]),
        ("tags=hot,cold", ["Boiler"]),
        ("spindle_type=plant", ["Boiler"]),
        ("complexity_level=simple", ["Reports"]),
        ("search=steam pump", ["Boiler"]),
        ("search=steam x", []),
        ("search=WEEK", ["Reports"]),
        (f"owner={UNKNOWN}", []),
        ("created_after=2999-01-01T00:00:00Z", []),
        ("created_before=2999-01-01T00:00:00Z&status=draft", ["Boiler"]),
    ],
)
def test_filters_combine(cast: Cast, three: list[Spindle], query: str, found: list[str]) -> None:
    assert names(cast.viewer, f"?{query}") == found


def test_an_owner_is_found_by_id(cast: Cast, three: list[Spindle]) -> None:
    assert names(cast.viewer, f"?owner={cast.admin.user.pk}") == ["Reports"]


def test_a_list_shows_no_drawing(cast: Cast, three: list[Spindle]) -> None:
    row = answered(cast.viewer.client.get(SPINDLES))["results"][0]

    assert "nodes_data" not in row
    assert (row["status"], row["live_status"]) == ("inactive", "inactive")


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("status=running", "?status", "invalid_choice"),
        ("owner=me", "?owner", "invalid"),
        ("colour=red", "?colour", "unknown_field"),
    ],
)
def test_a_filter_that_is_none_is_refused(cast: Cast, query: str, pointer: str, code: str) -> None:
    response = cast.viewer.client.get(f"{SPINDLES}?{query}")

    refused(response, 400, "validation_error")
    assert [at for at, _ in faults(response)] == [pointer]


def spent(person: Person, method: str, url: str, body: Any = None) -> int:
    """Return how many statements a request costs."""
    client = person.client
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 400, response.content
    return len(captured)


@pytest.mark.parametrize("count", [2, 9])
def test_a_request_costs_the_same_whatever_the_size(cast: Cast, count: int) -> None:
    steps = [gate("g"), *(step(f"s{n}", "g:yes") for n in range(count))]
    reads = [
        step(f"r{n}", kind="sub_execution", params={"feature": "spindle", "target": f"other-{n}"})
        for n in range(count)
    ]
    for number in range(count):
        make_spindle(cast.editor, name=f"Other {number}", steps=steps)
    spindle = make_spindle(cast.editor, name="One", steps=[*steps, *reads])
    person, at = cast.editor, address(spindle)
    person.client.get(at)

    assert {
        "list": spent(person, "get", SPINDLES),
        "search": spent(person, "get", f"{SPINDLES}?search=s1 g"),
        "retrieve": spent(person, "get", at),
        "canvas": spent(person, "get", f"{at}canvas/"),
        "steps": spent(person, "get", f"{at}steps/"),
        "nodes": spent(person, "get", f"{at}nodes/"),
        "kinds": spent(person, "get", "/api/v1/step-kinds/"),
        "patch": spent(person, "patch", at, {"timeout": 5}),
        "put_steps": spent(person, "put", f"{at}steps/", {"steps": [*steps, *reads[1:]]}),
        "publish": spent(person, "post", f"{at}publish/"),
        "versions": spent(person, "get", f"{at}versions/"),
        "compare": spent(person, "get", f"{at}versions/compare/?from=1.0.0&to=draft"),
        "deactivate": spent(person, "post", f"{at}deactivate/"),
        "open": spent(person, "post", f"{at}versions/", {"bump": "minor"}),
    } == COSTS
