"""The description of definitions says what is taken and what is answered."""

from typing import Any

import pytest

from tests.described import departures
from tests.factories import Cast, make_spindle
from tests.observing import answered, faults
from tests.spindles.api.observing import address

pytestmark = pytest.mark.django_db

PLACE = {"x": 0, "y": 0}
SENT: dict[str, Any] = {
    "name": "Described",
    "canvas": {
        "nodes": [
            {
                "id": "wait",
                "type": "actionNode",
                "position": PLACE,
                "data": {"kind": "delay", "params": {"seconds": 1}, "timeout": "5m"},
            },
            {"type": "errorHandlerNode", "id": "hand", "position": PLACE, "data": {"kind": "noop"}},
            {"type": "triggerNode", "position": PLACE, "data": {"kind": "manual"}},
        ],
        "edges": [{"id": "wait-hand", "source": "wait", "target": "hand"}],
    },
    "inputs": [{"name": "pump", "type": "enum", "values": ["P1", "P2"]}],
    "outputs": [{"name": "done", "value": True}],
}


def test_what_is_taken_and_what_is_answered_is_as_it_is_described(cast: Cast) -> None:
    client = cast.editor.client

    assert departures("SpindleCreateRequest", SENT) == []
    made = answered(client.post("/api/v1/spindles/", SENT), 201)

    assert departures("SpindleWritten", made) == []
    at = address(made["id"])
    assert departures("SpindleCanvas", answered(client.get(f"{at}canvas/"))) == []
    definition = answered(client.get(f"{at}steps/"))
    assert departures("Definition", definition) == []
    assert departures("WriteStepsRequest", {"steps": definition["steps"]}) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [("timeout", 0), ("priority", 0), ("join", "some"), ("kind", None), ("retry", {"times": 3})],
)
def test_a_step_that_is_refused_is_described_as_wrong(cast: Cast, member: str, value: Any) -> None:
    step = {"id": "a", "kind": "noop", member: value}

    refusal = cast.editor.client.put(
        address(make_spindle(cast.editor), "steps/"), {"steps": [step]}
    )

    [(at, _)] = faults(refusal)
    assert at in (f"/steps/0/{member}", f"/steps/0/{member}/times")
    assert departures("StepDefinitionRequest", step) != []
    assert departures("StepDefinitionRequest", {"id": "a", "kind": "noop"}) == []
