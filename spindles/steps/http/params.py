"""The parameters of `http_request`."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from spindles.steps.params import Params

MAX_TIMEOUT = 3600
# What the connection itself needs to say.
_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade"}
)


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _header_name(name: str) -> str:
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"{name} is set by the connection itself.")
    return name


# RFC 9110, sections 5.1 and 5.5: no control characters, so that no line can be added.
HeaderName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=100),
    AfterValidator(_header_name),
]
HeaderValue = Annotated[str, Field(pattern=r"^[ -~]*$", max_length=8192)]
QueryValue = str | bool | int | float | None | list[str | bool | int | float | None]
Method = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], BeforeValidator(_upper)
]


class HttpRequestParams(Params):
    """What is sent where, and which answer is a good one."""

    method: Method = Field(title="Method")
    url: str = Field(
        min_length=1, max_length=8192, title="URL", description="http or https, no user in it"
    )
    headers: dict[HeaderName, HeaderValue] = Field(default={}, title="Headers")
    query: dict[str, QueryValue] = Field(
        default={}, title="Query", description="Added to the URL; null is left out"
    )
    json_body: Any = Field(default=None, alias="json", title="JSON", description="The body")
    body: str | None = Field(
        default=None, title="Body", description="The body as text, instead of `json`"
    )
    ok_statuses: list[Annotated[int, Field(ge=100, le=599)]] | None = Field(
        default=None,
        min_length=1,
        title="Good statuses",
        description="By default 200 to 399; any other fails the step",
    )
    follow_redirects: bool = Field(default=True, title="Follow redirects", description="At most 5")
    timeout: float = Field(
        default=30, gt=0, le=MAX_TIMEOUT, title="Timeout", description="Seconds for everything"
    )
    credential: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        title="Credential",
        description="The name of one of the organisation's credentials",
    )

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.has_json and self.body is not None:
            raise ValueError("Only one of `json` and `body` can be sent.")
        return self

    @property
    def has_json(self) -> bool:
        """Whether a JSON body was given; null is one."""
        return "json_body" in self.model_fields_set

    def accepts(self, status: int) -> bool:
        """Return whether an answer with `status` is a good one."""
        return 200 <= status < 400 if self.ok_statuses is None else status in self.ok_statuses
