"""What an answer over HTTP means to a step: its output, or its failure."""

import base64
from typing import Any

import orjson

from config.resilience.transient import PASSING_CLIENT_STATUS, retry_after_seconds
from spindles.choices import Category
from spindles.registry.results import StepError
from spindles.steps.http.exchange import Answer, Secret

SHOWN_CHARACTERS = 1000
_MASK = b"***"


def output_of(answer: Answer) -> dict[str, Any]:
    """Return `{status, headers, body}`; names of headers are lower case, JSON bodies are parsed.

    What is neither JSON nor text is Base64, and `encoding` says so.
    """
    body, encoding = _body_of(answer)
    output = {"status": answer.status, "headers": dict(answer.headers), "body": body}
    return output if encoding is None else {**output, "encoding": encoding}


def failure_of(answer: Answer) -> StepError:
    """Return what an unwanted status means: 408, 425, 429 and 5xx may pass, other 4xx do not."""
    refused = 400 <= answer.status < 500 and answer.status not in PASSING_CLIENT_STATUS
    shown = answer.content[: SHOWN_CHARACTERS * 4].decode(errors="replace").replace("\0", "�")
    return StepError(
        f"http_{answer.status}",
        f"The other side answered {answer.status}.",
        category=Category.EXTERNAL,
        retryable=not refused,
        retry_after=retry_after_seconds(answer.headers.get("retry-after")),
        details={"status": answer.status, "body": shown[:SHOWN_CHARACTERS]},
    )


def without(answer: Answer, *secrets: str) -> Answer:
    """Return the answer with `secrets` masked: some servers echo what they were sent."""
    content, headers = answer.content, answer.headers.copy()
    for secret in filter(None, secrets):
        content = content.replace(secret.encode(), _MASK)
        for name, value in answer.headers.items():
            if secret in value:
                headers[name] = value.replace(secret, _MASK.decode())
    return Answer(answer.status, headers, content, answer.charset)


def _body_of(answer: Answer) -> tuple[Any, str | None]:
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        try:
            return orjson.loads(answer.content), None
        except orjson.JSONDecodeError:
            pass  # it is what it is: a text that its sender calls JSON
    text = _text_of(answer)
    if text is None or "\0" in text:
        return base64.b64encode(answer.content).decode(), "base64"
    return text, None


def _text_of(answer: Answer) -> str | None:
    for charset in (answer.charset, "utf-8"):
        try:
            return answer.content.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return None


__all__ = ["Secret", "failure_of", "output_of", "without"]
