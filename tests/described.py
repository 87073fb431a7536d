"""What the description of the API says of a value."""

from functools import cache
from typing import Any

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator


def departures(component: str, value: Any) -> list[list[str | int]]:
    """Return the paths at which `value` is not what the component of the description says."""
    described = {"$ref": f"#/components/schemas/{component}", "components": _components()}
    validator = jsonschema_rs.Draft202012Validator(described)
    return [list(error.instance_path) for error in validator.iter_errors(value)]


@cache
def _components() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)["components"]
