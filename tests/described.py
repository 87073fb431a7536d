"""What the description of the API says of a value, of a request, and of its answer."""

import re
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from drf_spectacular.generators import SchemaGenerator

API = "/api/v1/"
UNTOLD = {304, 405, 406, 500}
"""Statuses that no operation tells: those of HTTP itself, and faults of ours."""
JSON = "application/json"


def departures(component: str, value: Any) -> list[str]:
    """Return where and how `value` is not what the component of the description says."""
    return _departures(orjson.dumps({"$ref": f"#/components/schemas/{component}"}), value)


def departures_of(response: Any, sent: bytes = b"") -> list[str]:
    """Return where and how an answer is not as described, and `sent`, if it was taken.

    What lies beside the API is not described.
    """
    method, path = response.request["REQUEST_METHOD"], response.request["PATH_INFO"]
    if not path.startswith(API) or response.status_code in UNTOLD:
        return []
    operation = _operation(method.lower().replace("head", "get"), path)
    if operation is None:
        return [] if response.status_code == 404 else ["there is no such operation"]
    told = operation["responses"].get(str(response.status_code))
    if told is None:
        return [f"{response.status_code} is not told"]
    if "$ref" in told:
        told = _description()["components"]["responses"][told["$ref"].rpartition("/")[2]]
    found = _of_answer(told.get("content", {}), response)
    taken = response.status_code < 300 and response.request.get("CONTENT_TYPE") == JSON
    if taken and sent and "requestBody" in operation:
        schema = operation["requestBody"]["content"][JSON]["schema"]
        found += [f"sent: {one}" for one in _departures(orjson.dumps(schema), orjson.loads(sent))]
    return found


def _of_answer(content: dict[str, Any], response: Any) -> list[str]:
    kind = response.get("Content-Type", "").partition(";")[0]
    if response.streaming or not response.content:
        return []
    if kind not in content:
        return [f"{kind or 'a body'} is not told"]
    if not kind.endswith("json"):
        return []
    return _departures(orjson.dumps(content[kind]["schema"]), orjson.loads(response.content))


def _departures(schema: bytes, value: Any) -> list[str]:
    errors = _validator(schema).iter_errors(value)
    return [f"/{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


@cache
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    described = {**orjson.loads(schema), "components": _description()["components"]}
    return jsonschema_rs.Draft202012Validator(described)


def _operation(method: str, path: str) -> Any:
    for pattern, operations in _routes():
        if method in operations and pattern.fullmatch(path):
            return operations[method]
    return None


@cache
def _routes() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Return pattern and operations of each address, those that say most of it first.

    Ids that hold slashes are looked for when nothing else fits.
    """

    def plain(item: tuple[str, Any]) -> tuple[int, int]:
        return (item[0].count("{"), -len(re.sub(r"{.*?}", "", item[0])))

    def deepest(item: tuple[str, Any]) -> int:
        return -item[0].count("/")

    paths = _description()["paths"].items()
    return [
        (re.compile(re.sub(r"\\\{[^}]*\\\}", part, re.escape(path))), operations)
        for part, order in (("[^/]+", plain), (".+", deepest))
        for path, operations in sorted(paths, key=order)
    ]


@cache
def _description() -> Any:
    made = SchemaGenerator(urlconf="config.urls").get_schema(request=None, public=True)
    described = orjson.loads(orjson.dumps(made, default=str, option=orjson.OPT_NON_STR_KEYS))
    for name, schema in described["components"]["schemas"].items():
        # A problem may carry members of its own, and what was read may be sent back with members
        # that are not taken; whatever else is answered is told.
        if "properties" in schema and name != "Problem" and not name.endswith("Request"):
            schema.setdefault("additionalProperties", False)
    return described
