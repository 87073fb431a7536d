"""What OpenAPI says of nodes."""

from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from jsonschema_rs import validator_for


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The description of the whole API."""
    out = StringIO()
    call_command("spectacular", urlconf="config.urls", stdout=out)
    found: dict[str, Any] = yaml.safe_load(out.getvalue())
    return found


def test_each_example_fits_what_it_is_an_example_of(schema: dict[str, Any]) -> None:
    seen = set()
    for path, operations in schema["paths"].items():
        if not path.startswith("/api/v1/nodes/"):
            continue
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                content = body.get("content", {}).get("application/json", {})
                shape = {**content.get("schema", {}), "components": schema["components"]}
                for name, example in content.get("examples", {}).items():
                    validator_for(shape).validate(example["value"])
                    seen.add((path, method, name))

    # A page's envelope has examples of its own.
    assert len(seen) == 12


def test_the_body_of_a_delete_is_described(schema: dict[str, Any]) -> None:
    operation = schema["paths"]["/api/v1/nodes/batch/"]["delete"]

    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/NodeAddressesRequest"}
    assert list(content["examples"]) == ["ANodeInsideAModel"]
    assert {"413", "415"} <= operation["responses"].keys()
