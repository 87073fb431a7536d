"""Outputs: small ones in the row, large ones in files, too large ones refused."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.exceptions import DataConsistencyException
from config.ids import uuid7
from spindles.choices import Category
from spindles.engine import outputs
from spindles.engine.outputs import Stored, store_output
from spindles.models import ExecutionStep
from spindles.registry.results import StepError
from spindles.runs.outputs import read_output

ORGANIZATION, RUN = uuid7(), uuid7()


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def store(output: Any, step_id: str = "a", attempt: int = 1) -> Stored:
    return store_output(
        output,
        organization_id=ORGANIZATION,
        execution_id=RUN,
        step_id=step_id,
        attempt=attempt,
    )


def read(stored: Stored) -> Any:
    return read_output(ExecutionStep(output=stored.value, output_file=stored.file))


def test_a_small_output_stays_in_the_row(tmp_path: Path) -> None:
    stored = store({"b": [1, None], "a": "ä"})

    assert stored.value == {"b": [1, None], "a": "ä"}
    assert (stored.file, stored.size) == ("", len('{"a":"ä","b":[1,null]}'.encode()))
    assert stored.hash == hashlib.sha256('{"a":"ä","b":[1,null]}'.encode()).hexdigest()
    assert read(stored) == stored.value
    assert list(tmp_path.iterdir()) == []


def test_exactly_64_kilobytes_stay_and_one_byte_more_becomes_a_file() -> None:
    fits, more = "x" * (outputs.IN_ROW_BYTES - 2), "x" * (outputs.IN_ROW_BYTES - 1)

    assert store(fits).file == ""
    stored = store(more, "step[3]", 2)
    assert stored.file.startswith(f"executions/{ORGANIZATION}/{RUN}/")
    assert stored.file.endswith("-2.json")
    assert (stored.value, stored.size) == (None, outputs.IN_ROW_BYTES + 1)
    assert read(stored) == more


def test_what_postgresql_would_refuse_becomes_a_file() -> None:
    stored = store({"text": "a\x00b"})

    assert stored.file
    assert read(stored) == {"text": "a\x00b"}


def test_the_id_of_a_step_never_names_a_directory(tmp_path: Path) -> None:
    stored = store("x" * 70_000, "../../../etc/passwd")

    assert stored.file.count("/") == 3
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_second_file_of_the_same_try_does_not_overwrite_the_first() -> None:
    first, second = store("a" * 70_000), store("b" * 70_000)

    assert first.file != second.file
    assert read(first) == "a" * 70_000


def test_more_than_50_megabytes_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(outputs, "MAX_BYTES", 100)

    with pytest.raises(StepError) as refused:
        store("x" * 99)

    error = refused.value
    assert (error.code, error.category) == ("output_too_large", Category.RESOURCE)
    assert error.retryable is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", [{1, 2}, object(), 2**70])
def test_what_is_no_json_is_refused(output: Any) -> None:
    with pytest.raises(StepError) as refused:
        store(output)

    assert (refused.value.code, refused.value.retryable) == ("output_not_json", False)


def test_equal_outputs_have_equal_hashes_whatever_the_order_of_their_keys() -> None:
    first, second = store({"a": 1, "b": {"d": 2, "c": 3}}), store({"b": {"c": 3, "d": 2}, "a": 1})

    assert first.hash == second.hash
    assert store({"a": 1}).hash != store({"a": 2}).hash


def test_a_file_that_is_gone_is_told() -> None:
    with pytest.raises(DataConsistencyException):
        read_output(ExecutionStep(output=None, output_file="executions/gone.json"))
