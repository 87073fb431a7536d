"""The one shape of every refusal: a problem document (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus

from structlog.contextvars import get_contextvars

from config.exceptions import FieldError, problem_table

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:nodeloom:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal before it is rendered.

    `code` is for programs and stands in the table of `config.exceptions`; `detail` is one sentence
    for people; `errors` names each wrong field; `extra` holds further members (`current_revision`
    …); `headers` go onto the response. `status` overrides the table for codes not listed there.
    """

    code: str
    detail: str
    status: int = 0
    errors: Sequence[FieldError] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        """The HTTP status: the code's own, else the one given."""
        listed = problem_table.get(self.code)
        return listed[0] if listed else self.status or 500

    @property
    def title(self) -> str:
        """The short name of this kind of problem, the same on every occurrence."""
        listed = problem_table.get(self.code)
        return listed[1] if listed else HTTPStatus(self.http_status).phrase

    def body(self) -> dict[str, object]:
        """Return the members of the document. The fixed ones win over `extra`."""
        return {
            **self.extra,
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": self.title,
            "status": self.http_status,
            "detail": self.detail,
            "code": self.code,
            "errors": [asdict(error) for error in self.errors],
            "request_id": get_contextvars().get("request_id"),
        }


INTERNAL = Problem("internal_error", "Something went wrong on our side. The request id names it.")
"""What a caller hears of an error nobody foresaw: nothing of its inside."""
