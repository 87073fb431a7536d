"""Runs whose outputs are large, gone, or nothing that a database can keep."""

import hashlib
import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from spindles.registry.results import Done
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_large_output_goes_to_a_file_and_comes_back_where_it_is_named(
    cast: Cast, script: Script, tmp_path: Path
) -> None:
    value = {"rows": [{"n": n, "text": "x" * 100} for n in range(1000)]}
    script.say("big", Done(value))
    plan = plan_of(
        step("big", "scripted"),
        step(
            "one",
            "transform",
            params={"value": "${{ steps.big.output.rows.999.n }}"},
            depends_on=("big",),
        ),
        step(
            "all",
            "transform",
            params={"expression": "size(steps.big.output.rows)"},
            depends_on=("big",),
        ),
        step("some", condition="steps.big.output.rows[1].n == 1", depends_on=("big",)),
    )
    run = start(cast.editor.actor, plan).drive()
    big = run.steps["big"]
    assert (big.status, big.output) == ("completed", None)
    written = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert big.output_bytes == len(written)
    assert big.output_hash == hashlib.sha256(written).hexdigest()
    [file] = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert str(file.relative_to(tmp_path)) == big.output_file
    assert file.read_bytes() == written
    assert run.steps["one"].output == 999
    assert run.steps["all"].output == 1000
    assert run.statuses["some"] == "completed"
    assert run.row.outputs["big"] == value


def test_a_character_that_postgresql_cannot_keep_does_not_stop_a_run(
    cast: Cast, script: Script
) -> None:
    script.say("it", Done({"text": "a\0b", "written": "\\u0000"}))
    plan = plan_of(
        step("it", "scripted"),
        step("on", "scripted", params={"text": "${{ steps.it.output.text }}"}, depends_on=("it",)),
    )
    run = start(cast.editor.actor, plan).drive()
    assert run.statuses == {"it": "completed", "on": "completed"}
    assert script.calls[1][2] == {"text": "a\0b"}
    assert run.steps["on"].input == {"text": "a\N{REPLACEMENT CHARACTER}b"}
    assert run.row.outputs["it"] == {
        "text": "a\N{REPLACEMENT CHARACTER}b",
        "written": "\\u0000",
    }


def test_an_output_whose_file_is_gone_fails_whoever_names_it(
    cast: Cast, script: Script, tmp_path: Path
) -> None:
    script.say("big", Done("x" * 100_000))
    plan = plan_of(
        step("big", "scripted"),
        step("wait", "delay", params={"seconds": 60}, depends_on=("big",)),
        step("it", "transform", params={"value": "${{ steps.big.output }}"}, depends_on=("wait",)),
        outputs=(),
    )
    run = start(cast.editor.actor, plan).drive()
    for file in tmp_path.rglob("*.json"):
        file.unlink()
    run.pass_time(61)
    run.drive()
    it = run.steps["it"]
    assert it.error is not None
    assert (it.status, it.error["code"]) == ("failed", "output_unavailable")
    assert run.row.status == "failed"
