"""One exchange over HTTP: guarded on each hop, limited in time and size. Touches no database."""

from dataclasses import dataclass

import httpx2

from config.deadlines import deadline
from config.outbound import MAX_REDIRECTS, OutboundRefused, create_client
from spindles.choices import Category
from spindles.registry.results import StepError

MAX_BODY = 10 * 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `content` is without the encoding of its transfer."""

    status: int
    headers: httpx2.Headers
    content: bytes
    charset: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A header that only the origin of the first address may see."""

    name: str
    value: str


def exchange(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    params: list[tuple[str, str]],
    content: bytes | None,
    secret: Secret | None,
    follow: bool,
    timeout: float,
) -> Answer:
    """Send the request, follow its redirects, and return the last answer, whatever its status.

    The address of each hop is checked where the connection is opened. `timeout` (seconds) is for
    all of it.

    Raises `StepError`: `outbound_refused`, `invalid_url`, `http_timeout`, `no_answer`,
    `too_many_redirects`, `response_too_large`.
    """
    try:
        with deadline(timeout), create_client(timeout=timeout) as client:
            merged = httpx2.URL(url)
            if params:
                merged = merged.copy_merge_params(httpx2.QueryParams(tuple(params)))
            request = client.build_request(method, merged, headers=headers, content=content)
            return _hop(client, request, secret, follow)
    except OutboundRefused as error:
        raise StepError(error.code, error.detail, category=Category.PERMISSION) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, ValueError):
        # The text of some holds the address with its query.
        raise StepError(
            "invalid_url",
            "Only http and https addresses are reached.",
            category=Category.VALIDATION,
        ) from None
    except httpx2.TimeoutException:
        raise StepError(
            "http_timeout", f"No answer within {timeout:g} seconds.", category=Category.TIMEOUT
        ) from None
    except httpx2.RequestError as error:
        raise StepError(
            "no_answer",
            f"There was no answer ({type(error).__name__}).",
            category=Category.EXTERNAL,
        ) from None


def _hop(
    client: httpx2.Client, request: httpx2.Request, secret: Secret | None, follow: bool
) -> Answer:
    origin = request.url.origin
    for _ in range(MAX_REDIRECTS + 1):
        if secret is not None:
            request.headers.pop(secret.name, None)
            if request.url.origin == origin:
                request.headers[secret.name] = secret.value
        response = client.send(request, stream=True)
        try:
            if not follow or response.next_request is None:
                return _read(response)
            request = response.next_request
        finally:
            response.close()
    raise StepError(
        "too_many_redirects",
        f"It was redirected more than {MAX_REDIRECTS} times.",
        category=Category.EXTERNAL,
        retryable=False,
    )


def _read(response: httpx2.Response) -> Answer:
    content = bytearray()
    for chunk in response.iter_bytes(_CHUNK):
        content += chunk
        if len(content) > MAX_BODY:
            raise StepError(
                "response_too_large",
                f"The answer has more than {MAX_BODY // 1024 // 1024} MB.",
                category=Category.RESOURCE,
                retryable=False,
            )
    return Answer(
        response.status_code,
        response.headers,
        bytes(content),
        response.charset_encoding or "utf-8",
    )
