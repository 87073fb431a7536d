"""Problem documents in OpenAPI: the schema, and for each status a description and an example."""

from typing import Any

from config.api.problems import Problem
from config.exceptions import FieldError

_TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457). Some codes add members of their own.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {**_TEXT, "format": "uri"},
        "title": {**_TEXT, "description": "The kind of problem."},
        "status": {"type": "integer"},
        "detail": {**_TEXT, "description": "This occurrence, for people."},
        "code": {**_TEXT, "description": "The kind of problem, for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {
                        **_TEXT,
                        "description": "JSON pointer into the body, `?name` for a query parameter, "
                        "or the name of a header.",
                    },
                    "code": _TEXT,
                    "message": _TEXT,
                },
            },
        },
        "request_id": {"type": ["string", "null"]},
    },
}

_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_EXAMPLES = {
    "400": Problem(
        "validation_error",
        "The request has invalid values.",
        errors=[FieldError("/name", "required", "This field is required.")],
    ),
    "401": Problem("not_authenticated", "Authentication credentials were not provided."),
    "403": Problem("permission_denied", "You may not do this."),
    "404": Problem("not_found", "Not found."),
    "409": Problem(
        "duplicate",
        "It exists already.",
        errors=[FieldError("/name", "duplicate", "This value is taken.")],
    ),
    "412": Problem(
        "revision_conflict",
        "The entity has moved on to revision 8.",
        extra={"current_revision": 8},
    ),
    "413": Problem("too_large", "The content is too large."),
    "415": Problem("unsupported_media_type", "This content type is not supported."),
    "422": Problem("idempotency_mismatch", "This Idempotency-Key was used with another request."),
    "429": Problem("rate_limited", "Too many requests."),
    "502": Problem("external_service_error", "The embedder did not answer."),
    "503": Problem("db_connection_error", "Not possible right now. Try again shortly."),
}

RESPONSES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    status: (
        problem.title,
        {"value": {**problem.body(), "request_id": "0192f0c1a5c67d3e8f21b5d0a1c2e3f4"}},
        _RETRY_AFTER if status in ("429", "503") else {},
    )
    for status, problem in _EXAMPLES.items()
}
"""Status -> (description, example, headers)."""
