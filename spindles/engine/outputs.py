"""What steps put out: small values stay in the step's row, large ones become files.

A file is named after the try that wrote it, so that it is never overwritten: a try whose end was
not committed leaves a file that nobody refers to, and harms nobody.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from config.exceptions import DataConsistencyException
from spindles.choices import Category
from spindles.registry import StepError

INLINE_BYTES = 64 * 1024
"""The largest output that stays in the row, as JSON."""

MOST_BYTES = 50 * 1024 * 1024
"""The largest output at all."""

_NUL = rb"\u0000"


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """Where an output is: in `value`, or in `file` of the storage; never in both.

    `digest` is the SHA-256 of the output as key-sorted JSON, `size` that JSON's length in bytes.
    """

    value: Any
    file: str
    digest: str
    size: int


class HasOutput(Protocol):
    """A row that holds an output, or the name of its file."""

    @property
    def output(self) -> Any:
        """The output, where it is small."""

    @property
    def output_file(self) -> str:
        """Its file, where it is large; else empty."""


def canonical(output: Any) -> bytes:
    """Return `output` as JSON with sorted keys and without blanks.

    Raises `StepError` (`output_invalid`, not retried) for what is no JSON.
    """
    try:
        return orjson.dumps(output, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError) as error:
        raise StepError(
            "output_invalid",
            f"The output cannot be written as JSON: {error}.",
            category=Category.EXECUTION,
            retryable=False,
        ) from error


def digest_of(output: Any) -> str:
    """Return the SHA-256 of `output` as key-sorted JSON, in hexadecimal."""
    return hashlib.sha256(canonical(output)).hexdigest()


def store_output(
    *, organization_id: UUID, execution_id: UUID, step_id: str, attempt: int, output: Any
) -> StoredOutput:
    """Put an output where it belongs by its size and return where that is.

    Up to `INLINE_BYTES` it is a value for the row; larger, or with a NUL that PostgreSQL would
    refuse, it is written to `executions/<organisation>/<run>/<step>-<attempt>.json` of the
    default storage. Raises `StepError` (`output_too_large`, not retried) above `MOST_BYTES`, and
    `output_invalid` for what is no JSON.
    """
    text = canonical(output)
    digest = hashlib.sha256(text).hexdigest()
    if len(text) > MOST_BYTES:
        raise StepError(
            "output_too_large",
            f"The output has {len(text)} bytes; at most {MOST_BYTES} are kept.",
            category=Category.RESOURCE,
            retryable=False,
            details={"bytes": len(text), "limit": MOST_BYTES},
        )
    if len(text) <= INLINE_BYTES and _NUL not in text:
        return StoredOutput(orjson.loads(text), "", digest, len(text))
    # A step's id may hold anything; the file's name tells as much of it as is safe.
    safe = "".join(c if c.isalnum() or c in "-_[]" else "_" for c in step_id)[:100]
    wanted = f"executions/{organization_id}/{execution_id}/{safe}-{attempt}.json"
    return StoredOutput(None, default_storage.save(wanted, ContentFile(text)), digest, len(text))


def read_output(step: HasOutput) -> Any:
    """Return the output of a step, wherever it is.

    Raises `DataConsistencyException` where its file is gone.
    """
    if not step.output_file:
        return step.output
    try:
        with default_storage.open(step.output_file) as file:
            return orjson.loads(file.read())
    except OSError as error:
        raise DataConsistencyException(
            "The file of an output is gone.", step.output_file, {"file": step.output_file}
        ) from error
