"""The description of drawings says what is taken and what is answered."""

from typing import Any

import pytest

from tests.described import departures
from tests.factories import Cast, make_model
from tests.function_models.api.observing import address
from tests.function_models.drawings import container, drawing, knowledge, nested, tether
from tests.observing import answered, faults

pytestmark = pytest.mark.django_db

RETRY = {"max_attempts": 2, "strategy": "linear", "base_delay": 0.5, "max_delay": 5}


def whole() -> dict[str, Any]:
    """Return a drawing with a node of each kind that says something of everything."""
    return drawing(
        container("in", "ioNode", boundary_type="input", input_data_contract={"type": "object"}),
        container("s", retry_policy=RETRY, resource_requirements={"cpu": "500m", "memory": 512}),
        tether("t", "s", retry_policy=RETRY, raci={"responsible": ["Ops"]}, ours=[1]),
        knowledge("k", "s", search_keywords=["Valve"], context_window={"valid_from": None}),
        nested("n", "s", execution_policy={"execution_trigger": "manual"}),
        arrows=("in>s",),
    )


def test_what_is_taken_and_what_is_answered_is_as_it_is_described(cast: Cast) -> None:
    model, client = make_model(cast.editor), cast.editor.client

    assert departures("CanvasRequest", whole()) == []
    stored = answered(client.put(address(model, "canvas/"), whole()))

    assert departures("Canvas", stored) == []
    for node in stored["nodes"]:
        read = answered(client.get(address(model, f"nodes/{node['id']}/")))
        assert departures("DrawnNode", read) == []
    [edge] = stored["edges"]
    assert departures("CanvasEdge", edge) == []


@pytest.mark.parametrize(
    ("index", "member", "value"),
    [
        (0, "input_data_contract", []),
        (0, "boundary_type", "sideways"),
        (1, "name", ""),
        (1, "priority", 11),
        (1, "timeout", 86_401),
        (1, "stage_goals", ["x"] * 11),
        (2, "timeout", -1),
        (2, "estimated_duration", 0),
        (2, "tether_reference_id", None),
        (3, "short_description", "x" * 501),
        (4, "orchestration_mode", "by chance"),
    ],
)
def test_what_is_refused_is_described_as_wrong(
    cast: Cast, index: int, member: str, value: Any
) -> None:
    sent = whole()
    sent["nodes"][index]["data"][member] = value

    refusal = cast.editor.client.put(address(make_model(cast.editor), "canvas/"), sent)

    assert [pointer for pointer, _ in faults(refusal)] == [f"/nodes/{index}/data/{member}"]
    assert departures("CanvasRequest", sent) != []


def test_a_node_of_no_known_type_is_described_as_wrong(cast: Cast) -> None:
    sent = container("a", "cloudNode")

    refusal = cast.editor.client.post(address(make_model(cast.editor), "nodes/"), sent)

    assert refusal.status_code == 400
    assert departures("DrawnNodeRequest", sent) != []
    assert departures("DrawnNodeRequest", container("a")) == []
