"""Edges of running models: unreadable contracts, pins that are gone, large outputs."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.tenancy import scope
from config.exceptions import NotFound, ValidationFailed
from function_models.context_access.running import (
    RunContexts,
    RunState,
    SeenContexts,
    hierarchy_of,
)
from function_models.contracts import check_inputs
from function_models.pins import as_version, key_of, pinned
from function_models.runs.narrowing import narrow_outputs
from function_models.services.running import prepare_model
from tests.factories import Cast
from tests.function_models.compiling.test_compile import plan_of
from tests.function_models.drawings import container, drawn, tether
from tests.function_models.running.published import execute, yielding


def test_a_contract_that_cannot_be_read_lets_nothing_in() -> None:
    far = {"$ref": "https://example.com/contract.json"}
    canvas = drawn(container("in", "ioNode", boundary_type="input", input_data_contract=far))
    with pytest.raises(ValidationFailed) as caught:
        check_inputs(canvas, {})
    assert [(one.pointer, one.code) for one in caught.value.errors] == [("/inputs", "invalid")]


def test_pins_are_asked_for_by_their_own_id() -> None:
    pin = uuid4()
    assert pinned(as_version(str(pin))) == pin
    assert [pinned(text) for text in (None, "1.0.0", "draft", "pin:x")] == [None] * 4
    assert key_of("ABC", "published") == "abc@published"
    assert key_of("abc", "01.2.3") == key_of("abc", "1.2.3") == "abc@1.2.3"


def test_outputs_without_keys_come_back_by_their_node() -> None:
    assert narrow_outputs({"a": 1}, {"output_extraction": {"extracted_outputs": ["a"]}}) == {"a": 1}
    assert narrow_outputs({"a": 1}, {}) == {"a": 1}


def test_a_node_counts_the_contexts_that_it_sees() -> None:
    plan = plan_of(
        container("s"), container("t"), tether("a", "s"), tether("b", "s", context_scope="isolated")
    )
    contexts = RunContexts(plan, RunState(), hierarchy_of(plan), dict)
    seen = SeenContexts(contexts, "a", timezone.now())
    assert (sorted(seen), len(seen)) == (["a", "root", "s", "t"], 4)
    assert len(SeenContexts(contexts, "a#release", timezone.now())) == 0


@pytest.mark.django_db
def test_what_is_gone_or_no_id_is_not_found(cast: Cast) -> None:
    asked: dict[str, Any] = {"actor": cast.editor.actor, "environment": "production", "inputs": {}}
    with scope(cast.editor.actor):
        for target, version in ((str(uuid4()), None), ("a-slug", None)):
            with pytest.raises(NotFound):
                prepare_model(target=target, version=version, **asked)
        with pytest.raises(NotFound):
            gone = as_version(str(uuid4()))
            prepare_model(target=str(uuid4()), version=gone, child=True, **asked)


@pytest.mark.django_db
def test_a_pin_of_another_organisation_is_not_found(cast: Cast) -> None:
    model = yielding(cast.stranger, {})
    with scope(cast.stranger.actor):
        pin = as_version(str(model.versions.get().pk))
    with scope(cast.editor.actor), pytest.raises(NotFound):
        prepare_model(
            actor=cast.editor.actor,
            target=str(model.pk),
            version=pin,
            environment="production",
            inputs={},
            child=True,
        )


@pytest.mark.django_db
def test_large_outputs_are_told_too(cast: Cast) -> None:
    text = "x" * 70_000
    run = execute(cast.editor, yielding(cast.editor, text))
    told = cast.editor.client.get(f"/api/v1/executions/{run.pk}/").json()
    assert run.steps["t"].output_file
    by_id = {one["node_id"]: one["output"] for one in told["node_results"]}
    assert by_id["t"] == {"out": text}
