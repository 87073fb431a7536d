"""Sending the request of an `http_request` step."""

import orjson
from django.db import connection

from accounts.actors import Actor
from accounts.tenancy import scope
from spindles.choices import LogLevel
from spindles.registry.kinds import StepContext, StepKind
from spindles.registry.results import Done
from spindles.services.credentials import Authorization, authorize
from spindles.steps.failures import told_as_failures
from spindles.steps.http.answers import failure_of, output_of, without
from spindles.steps.http.exchange import Secret, exchange
from spindles.steps.http.params import HttpRequestParams, QueryValue

USER_AGENT = "Nodeloom"


def send_request(context: StepContext, params: HttpRequestParams) -> Done:
    """Complete with `{status, headers, body}`.

    The request carries the idempotency key of the try, so that a server which knows the header does
    what it asks for once. Raises `StepError` for no answer, and for one that is not wanted.
    """
    authorization = _authorization(context.actor, params)
    answer = exchange(
        params.method,
        params.url,
        headers=_headers(context, params),
        params=_query(params),
        content=_content(params),
        secret=Secret(authorization.header, authorization.value) if authorization else None,
        follow=params.follow_redirects,
        timeout=params.timeout,
    )
    if authorization is not None:
        answer = without(answer, *authorization.secrets)
    context.log(LogLevel.INFO, f"{params.method} answered {answer.status}.", status=answer.status)
    if not params.accepts(answer.status):
        raise failure_of(answer)
    return Done(output_of(answer))


def _authorization(actor: Actor, params: HttpRequestParams) -> Authorization | None:
    if params.credential is None:
        return None
    with told_as_failures(), scope(actor):
        found = authorize(actor=actor, name=params.credential, url=params.url)
    if not connection.in_atomic_block:
        connection.close()  # the other side may take its time
    return found


def _headers(context: StepContext, params: HttpRequestParams) -> dict[str, str]:
    headers = {"user-agent": USER_AGENT, "idempotency-key": context.idempotency_key}
    if params.has_json:
        headers["content-type"] = "application/json"
    elif params.body is not None:
        headers["content-type"] = "text/plain; charset=utf-8"
    return headers | {name.lower(): value for name, value in params.headers.items()}


def _content(params: HttpRequestParams) -> bytes | None:
    if params.has_json:
        return orjson.dumps(params.json_body)
    return None if params.body is None else params.body.encode()


def _query(params: HttpRequestParams) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, value in params.query.items()
        for one in (value if isinstance(value, list) else [value])
        if (text := _text(one)) is not None
    ]


def _text(value: QueryValue) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


HTTP_REQUEST = StepKind(
    name="http_request",
    title="HTTP request",
    description="Sends a request to an address outside; the answer is the output.",
    params=HttpRequestParams,
    handle=send_request,
    # Whatever the method: also a GET may be counted, and answers otherwise the next time.
    has_effect=True,
)
KINDS = (HTTP_REQUEST,)
