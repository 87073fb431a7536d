"""What the event of a run's end says of its outputs."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from node_links.models import NodeEvent
from tests.factories import Cast
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db

TEXT = "x" * 100_000


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def event(cast: Cast, run: Started) -> NodeEvent:
    with scope(cast.owner.actor):
        return NodeEvent.objects.get(entity_id=run.pk, event_type="WorkflowExecutionCompleted")


def test_large_outputs_are_left_to_be_read_from_the_run(cast: Cast) -> None:
    plan = plan_of(
        step("a", "transform", params={"value": TEXT}),
        step("b", "transform", params={"value": "${{ steps.a.output }}!"}, depends_on=("a",)),
    )

    run = start(cast.owner.actor, plan).drive()

    assert run.row.status == "completed"
    assert run.row.outputs == {"a": TEXT, "b": f"{TEXT}!"}
    assert (run.steps["a"].output, bool(run.steps["a"].output_file)) == (None, True)
    told = event(cast, run).data
    assert (told["outputs"], told["outputs_omitted"]) == ({}, True)


def test_small_outputs_stand_in_the_event(cast: Cast) -> None:
    run = start(cast.owner.actor, plan_of(step("a", "transform", params={"value": 1}))).drive()

    told = event(cast, run).data
    assert told["outputs"] == {"a": 1}
    assert "outputs_omitted" not in told
