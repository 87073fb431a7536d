"""One message over HTTP: signed, guarded, limited in time and size. Touches no database."""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from config.deadlines import deadline
from config.outbound import OutboundRefused
from config.resilience.transient import retry_after_seconds
from node_links.events.cloudevents import MEDIA_TYPE
from node_links.webhooks.messages import Message
from node_links.webhooks.signing import signature_headers

READ_BYTES = 64 * 1024
KEPT_BYTES = 2048
_MISSING = "The event is not in the store any more."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try. `status` is None where no answer came; `error` is empty on success."""

    status: int | None = None
    response: str = ""
    error: str = ""
    duration_ms: int = 0
    retry_after: float | None = None
    final: bool = False

    @property
    def gone(self) -> bool:
        """Whether the receiver said that it wants no more messages."""
        return self.status == 410


def post(client: httpx2.Client, message: Message) -> Outcome:
    """Send one message and return what came of it; never raises for what the receiver does.

    Redirects are not followed: a POST that is repeated elsewhere is not what was subscribed. At
    most 64 KB of an answer are read, and the connection is then dropped.
    """
    if message.body is None:
        return Outcome(error=_MISSING, final=True)
    started = time.perf_counter()
    try:
        with deadline(settings.WEBHOOK_TIMEOUT_SECONDS):
            status, headers, content = _exchange(client, message, message.body)
    except OutboundRefused as error:
        return Outcome(error=error.detail, duration_ms=_since(started))
    except httpx2.TimeoutException:
        limit = settings.WEBHOOK_TIMEOUT_SECONDS
        return Outcome(error=f"No answer within {limit:g} seconds.", duration_ms=_since(started))
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        # Only the kind: the text of some holds the address with its query.
        return Outcome(error=type(error).__name__, duration_ms=_since(started))
    error_text = "" if 200 <= status < 300 else f"The receiver answered {status}."
    return Outcome(
        status=status,
        response=content[:KEPT_BYTES].decode(errors="replace").replace("\x00", "�"),
        error=error_text,
        duration_ms=_since(started),
        retry_after=retry_after_seconds(headers.get("retry-after")),
        final=status == 410,
    )


def _exchange(
    client: httpx2.Client, message: Message, body: bytes
) -> tuple[int, httpx2.Headers, bytes]:
    urlsplit(message.url)  # stricter about brackets than httpx2
    headers = signature_headers(
        message_id=str(message.event_id),
        timestamp=int(time.time()),
        body=body,
        signed_with=message.secrets,
    )
    content = bytearray()
    with client.stream("POST", message.url, content=body, headers=headers) as response:
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= READ_BYTES:
                break
    return response.status_code, response.headers, bytes(content)


def default_headers() -> dict[str, str]:
    """Return what every message says besides its signature."""
    return {
        "Content-Type": MEDIA_TYPE,
        "User-Agent": "Nodeloom-Webhooks/1",
        "Accept-Encoding": "identity",
    }


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
