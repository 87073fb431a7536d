"""Impact answers name the runs that use what is about to change."""

from typing import Any

import pytest

from tests.factories import Cast, make_model, make_sop
from tests.spindles.stored_runs import change_step, make_run

pytestmark = pytest.mark.django_db


def impact(cast: Cast, entity: Any) -> dict[str, Any]:
    query = f"feature={entity.feature_type}&entity_id={entity.pk}"
    response = cast.viewer.client.get(f"/api/v1/graph/impact/?{query}")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def use(entity: Any) -> list[dict[str, Any]]:
    return [
        {
            "feature": entity.feature_type,
            "entity_id": str(entity.pk),
            "node_id": None,
            "version": "1.0.0",
            "link_type": "consumes",
        }
    ]


def test_runs_of_an_entity_are_its_users(cast: Cast) -> None:
    model = make_model(cast.editor)
    over = make_run(cast.editor, model, status="completed")
    open_ = make_run(cast.editor, model, status="paused")

    found = impact(cast, model)

    assert [run["id"] for run in found["running_executions"]] == [str(open_.pk)]
    assert found["executions"]["count"] == 2
    assert [run["id"] for run in found["executions"]["latest"]] == [str(open_.pk), str(over.pk)]
    assert found["executions"]["latest"][0]["source"]["name"] == "A run"


def test_runs_whose_steps_used_an_entity_are_its_users(cast: Cast) -> None:
    model, sop, other = make_model(cast.editor), make_sop(cast.editor), make_sop(cast.admin)
    run = make_run(cast.editor, model, status="running")
    change_step(cast.editor, run, "a", used=use(sop))
    change_step(cast.editor, run, "b", used=use(sop))

    found = impact(cast, sop)

    assert [run["id"] for run in found["running_executions"]] == [str(run.pk)]
    assert found["executions"]["count"] == 1
    assert impact(cast, other)["executions"] == {"count": 0, "latest": []}


def test_runs_of_another_organisation_are_not_told(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    foreign = make_run(cast.stranger, make_model(cast.stranger), status="running")
    change_step(cast.stranger, foreign, "a", used=use(sop))

    assert impact(cast, sop)["running_executions"] == []


def test_the_latest_ten_are_told_and_all_are_counted(cast: Cast) -> None:
    model = make_model(cast.editor)
    runs = [make_run(cast.editor, model, status="completed") for _ in range(12)]

    found = impact(cast, model)["executions"]

    assert found["count"] == 12
    assert [run["id"] for run in found["latest"]] == [str(run.pk) for run in runs[:1:-1]]
