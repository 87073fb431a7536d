"""The step that publishes an event: once, in the engine's transaction, with its cause."""

from typing import Any
from uuid import UUID

import pytest

from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from config.request_context import caused_by
from node_links.models import NodeEvent
from node_links.services.event_types import register_event_type
from spindles.choices import Category
from spindles.registry.results import Done, StepError
from spindles.steps.events import event_id_of
from tests.factories import Cast
from tests.spindles.steps.running import context_of, run_step

pytestmark = pytest.mark.django_db

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
PARAMS = {"event_type": "OrderPaid", "data": {"n": "${{ inputs.n }}"}}


@pytest.fixture(autouse=True)
def _registered(cast: Cast) -> None:
    with scope(cast.admin.actor):
        register_event_type(actor=cast.admin.actor, name="OrderPaid", schema=SCHEMA)


def _published() -> list[NodeEvent]:
    with system_scope():
        return list(NodeEvent.objects.filter(event_type="OrderPaid"))


def test_an_event_is_recorded_with_its_run_and_its_cause(cast: Cast) -> None:
    context, cause = context_of(cast.editor.actor, inputs={"n": 3}), uuid7()
    with scope(cast.editor.actor), caused_by(cause):
        done = run_step("publish_event", PARAMS, context=context)

    [event] = _published()
    assert done == Done({"event_id": str(event.pk)})
    assert event.data == {"n": 3}
    assert (event.execution_id, event.causation_id) == (context.execution_id, cause)
    assert (event.feature_type, event.entity_id) == ("organization", cast.editor.organization.pk)
    assert event.user_id == cast.editor.user.pk


def test_a_try_that_replaces_an_unknown_one_publishes_nothing_twice(cast: Cast) -> None:
    context = context_of(cast.editor.actor, inputs={"n": 3})
    with scope(cast.editor.actor):
        first = run_step("publish_event", PARAMS, context=context)
    with scope(cast.editor.actor):
        again = run_step("publish_event", PARAMS, context=context)

    assert first == again
    assert len(_published()) == 1


def test_a_transaction_that_fails_takes_the_event_with_it(cast: Cast) -> None:
    context = context_of(cast.editor.actor, inputs={"n": 3})
    with pytest.raises(LookupError), scope(cast.editor.actor):
        run_step("publish_event", PARAMS, context=context)
        raise LookupError("the engine could not commit")

    assert _published() == []


def test_ids_follow_the_key_and_are_version_7() -> None:
    run = UUID("0190a0b0-c0d0-7000-8000-000000000000")

    assert event_id_of(run, "a") == event_id_of(run, "a")
    assert event_id_of(run, "a") != event_id_of(run, "b")
    assert event_id_of(run, "a").version == 7
    assert event_id_of(run, "a").variant == run.variant
    assert event_id_of(run, "a").int >> 80 == run.int >> 80


@pytest.mark.parametrize(
    ("role", "change", "code", "category"),
    [
        ("viewer", {}, "permission_denied", Category.PERMISSION),
        ("editor", {"event_type": "SopCreated"}, "permission_denied", Category.PERMISSION),
        ("editor", {"event_type": "Unknown"}, "validation_error", Category.VALIDATION),
        ("editor", {"data": {"n": "x"}}, "validation_error", Category.VALIDATION),
        (
            "editor",
            {"feature_type": "knowledge-base", "entity_id": "0190a0b0-c0d0-7000-8000-000000000000"},
            "not_found",
            Category.VALIDATION,
        ),
    ],
)
def test_what_may_not_be_published_fails_for_good(
    cast: Cast, role: str, change: dict[str, Any], code: str, category: Category
) -> None:
    actor = getattr(cast, role).actor
    with scope(actor), pytest.raises(StepError) as failure:
        run_step("publish_event", PARAMS | change, context=context_of(actor, inputs={"n": 3}))

    assert (failure.value.code, failure.value.category) == (code, category)
    assert failure.value.retryable is False
    assert _published() == []


def test_the_faults_of_the_data_are_named(cast: Cast) -> None:
    with scope(cast.editor.actor), pytest.raises(StepError) as failure:
        run_step("publish_event", PARAMS | {"data": {}}, context=context_of(cast.editor.actor))

    [fault] = failure.value.details["errors"]
    assert (fault["pointer"], fault["code"]) == ("/data/n", "required")
