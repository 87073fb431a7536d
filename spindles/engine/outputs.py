"""Outputs: small ones in the row, large ones in file storage, each with its fingerprint."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from spindles.choices import Category
from spindles.registry.results import StepError

IN_ROW_BYTES = 64 * 1024
MAX_BYTES = 50 * 1024 * 1024
# PostgreSQL's JSON has no place for this character; a file has.
_NUL = b"\\u0000"
# Not a backslash that is itself written out, followed by these characters.
_WRITTEN_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


@dataclass(frozen=True, slots=True)
class Stored:
    """An output: its value, or the file it went to; SHA-256 of its JSON with sorted keys."""

    value: Any
    file: str
    hash: str
    size: int


def output_folder(organization_id: UUID, execution_id: UUID) -> str:
    """Return where the large outputs of a run lie in the storage."""
    return f"executions/{organization_id}/{execution_id}"


def store_output(
    value: Any, *, organization_id: UUID, execution_id: UUID, step_id: str, attempt: int
) -> Stored:
    """Keep an output: up to 64 KB for the row, more in a file.

    Raises `StepError`: `output_not_json`, `output_too_large` beyond 50 MB.
    """
    if _surely_too_large(value):
        raise _too_large(f"more than {MAX_BYTES}")
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError) as error:
        raise StepError(
            "output_not_json",
            f"What the step returned is no JSON: {error}",
            retryable=False,
        ) from None
    size, digest = len(written), hashlib.sha256(written).hexdigest()
    if size > MAX_BYTES:
        raise _too_large(str(size))
    if size <= IN_ROW_BYTES and _NUL not in written:
        return Stored(orjson.loads(written), "", digest, size)
    safe = hashlib.sha256(step_id.encode()).hexdigest()[:16]
    name = f"{output_folder(organization_id, execution_id)}/{safe}-{attempt}.json"
    return Stored(None, default_storage.save(name, ContentFile(written)), digest, size)


def _surely_too_large(value: Any) -> bool:
    """Return whether its texts alone are too much: to write them out could take all memory."""
    parts = [value]
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    return sum(len(one) for one in parts if isinstance(one, str)) > MAX_BYTES


def _too_large(size: str) -> StepError:
    return StepError(
        "output_too_large",
        f"The output has {size} bytes; at most {MAX_BYTES} are kept.",
        category=Category.RESOURCE,
        retryable=False,
    )


def told_in_event(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return what the event of a run's end says of its outputs: large ones are left out."""
    if len(orjson.dumps(outputs)) <= IN_ROW_BYTES:
        return {"outputs": outputs}
    return {"outputs": {}, "outputs_omitted": True}


def copy_file(name: str, *, organization_id: UUID, execution_id: UUID) -> str:
    """Give a run a file of its own of another run's output, and return its name.

    Each run's files go when the run goes. Raises `FileNotFoundError`.
    """
    wanted = f"{output_folder(organization_id, execution_id)}/{name.rpartition('/')[2]}"
    with default_storage.open(name) as stored:
        return default_storage.save(wanted, stored)


def read_file(name: str) -> Any:
    """Return the output that a file holds. Raises `FileNotFoundError`, and other `OSError`."""
    with default_storage.open(name) as stored:
        return orjson.loads(stored.read())


def without_nul(written: bytes) -> bytes:
    """Return JSON with U+FFFD for each character that PostgreSQL cannot keep."""
    return _WRITTEN_NUL.sub(rb"\1\\ufffd", written) if _NUL in written else written


def for_row(value: Any) -> Any:
    """Return a value as a row can keep it; what came out of a file may hold such characters."""
    written = orjson.dumps(value)
    return orjson.loads(without_nul(written)) if _NUL in written else value
