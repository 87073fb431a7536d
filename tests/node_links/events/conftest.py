"""An organisation, and a type of events that it has registered."""

from typing import Any

import pytest

from tests.factories import Cast, make_cast
from tests.node_links.events.observing import TYPES

INSPECTED: dict[str, Any] = {
    "type": "object",
    "required": ["pump"],
    "properties": {
        "pump": {"type": "string", "pattern": "^P-[0-9]+$"},
        "pressure": {"type": "number", "minimum": 0},
        "by/whom": {"type": "string"},
    },
    "additionalProperties": False,
}


@pytest.fixture
def cast(db: None) -> Cast:
    """Return an organisation with a member of each role, and a stranger."""
    return make_cast()


@pytest.fixture
def inspected(cast: Cast) -> None:
    """Register the type PumpInspected."""
    body = {"name": "PumpInspected", "schema": INSPECTED}
    assert cast.admin.client.post(TYPES, body).status_code == 201
