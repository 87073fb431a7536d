"""What all kinds have in common, and that the page about them is true."""

import re
from pathlib import Path
from typing import Any

import pytest

from spindles.registry.kinds import Place, StepKind, StepKindRegistry, step_kinds
from spindles.registry.results import Done, StepError
from spindles.steps.joining import FAMILIES
from tests.spindles.steps.running import context_of

PAGE = (Path(__file__).parents[3] / "docs" / "step-kinds.md").read_text()
KINDS = [kind for family in FAMILIES for kind in family.KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_page_names_every_parameter(kind: StepKind) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.name}` |")]
    told = set(re.findall(r"`(\w+)", row.split("|")[2]))
    schema = kind.params.model_json_schema()
    # What actions of function models say of their runs is written by a compiler alone.
    hidden = {
        "sub_execution": {name for name in schema["properties"] if "_" in name} - {"max_depth"}
    }

    assert set(schema.get("properties", {})) - hidden.get(kind.name, set()) <= told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_form_can_be_made_of_every_schema(kind: StepKind) -> None:
    schema = kind.params.model_json_schema()

    assert schema["additionalProperties"] is False
    assert all(member.get("title") for member in schema.get("properties", {}).values())
    assert kind.title and kind.description.endswith(".")


def test_only_what_reaches_outside_runs_outside() -> None:
    outside = {kind.name for kind in KINDS if kind.place is Place.OUTSIDE}

    assert outside == {"http_request", "email", "kb_search"}


def test_inline_kinds_that_use_the_database_say_so() -> None:
    assert {kind.name for kind in KINDS if kind.uses_database} == {"kb_read", "publish_event"}


def test_what_has_an_effect_is_answered_from_the_recording() -> None:
    assert {kind.name for kind in KINDS if kind.has_effect} == {
        "http_request",
        "email",
        "publish_event",
        "sub_execution",
        "human_task",
        "wait_event",
    }


def test_a_name_is_given_once() -> None:
    registry = StepKindRegistry()
    registry.add(KINDS[0])

    with pytest.raises(ValueError, match="already"):
        registry.add(KINDS[0])
    assert list(registry) == registry.offered() == [KINDS[0]]


def test_the_example_of_the_page_works() -> None:
    [source, _] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    module: dict[str, Any] = {"__name__": "fingerprints"}
    exec(compile(source, "step-kinds.md", "exec"), module)  # noqa: S102 - the page's own example
    kind: StepKind = module["FINGERPRINT"]

    done = kind.handle(context_of(), kind.params.model_validate({"text": "a"}))
    assert isinstance(done, Done)
    assert done.output["digest"].startswith("ca97")
    with pytest.raises(StepError, match="nothing to digest"):
        kind.handle(context_of(), kind.params.model_validate({"text": ""}))
    assert step_kinds.get("fingerprint") is None, "the page only defines it"
