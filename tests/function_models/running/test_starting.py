"""What runs: which version, in which state, with which inputs; and what a run would do."""

from typing import Any

import pytest

from accounts.tenancy import scope, system_scope
from function_models.models import FunctionModel
from function_models.services.archiving import archive_model
from function_models.services.deleting import delete_model
from node_links.models import NodeEvent
from spindles.models import Execution, ExecutionStep, StoredPlan
from tests.factories import Cast, make_model
from tests.function_models.api.observing import address, everything
from tests.function_models.drawings import container, drawing, tether
from tests.function_models.running.published import (
    drive,
    ends,
    make_yielding_spindle,
    publish,
    publish_again,
    runs,
    yielding,
)
from tests.observing import UNKNOWN, answered, faults
from tests.observing import refused as _refused
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db
CONTRACT = {
    "type": "object",
    "required": ["service"],
    "properties": {"service": {"type": "string"}, "severity": {"type": "integer", "maximum": 3}},
}


def stored() -> list[Any]:
    """Return all that a start may write."""
    with system_scope():
        return [
            *everything(),
            Execution.objects.count(),
            ExecutionStep.objects.count(),
            StoredPlan.objects.count(),
        ]


def post(cast: Cast, model: FunctionModel, who: str = "editor", **body: Any) -> Any:
    return getattr(cast, who).client.post(address(model, "execute/"), body)


def refused(
    cast: Cast, model: FunctionModel, status: int, code: str, **body: Any
) -> dict[str, Any]:
    """Assert that a start is refused and leaves nothing behind."""
    before = stored()
    found = _refused(post(cast, model, **body), status, code)
    assert stored() == before
    return found


def test_the_live_version_runs(cast: Cast) -> None:
    model = yielding(cast.editor, {"greeting": "hello"})

    response = post(cast, model, inputs={"name": "Ann"})

    body = answered(response, 202)
    assert response["Location"].endswith(f"/api/v1/executions/{body['id']}/")
    assert body["status"] == "pending"
    assert body["source"] == {
        "feature": "function-model",
        "entity_id": str(model.pk),
        "name": model.name,
        "slug": None,
        "version": "1.0.0",
        "is_draft": False,
    }
    assert (body["inputs"], body["environment"]) == ({"name": "Ann"}, "production")
    assert body["summary"] == {
        "total_nodes": 4,
        "successful_nodes": 0,
        "failed_nodes": 0,
        "skipped_nodes": 0,
        "overall_success": False,
    }
    with scope(cast.editor.actor):
        events = NodeEvent.objects.filter(entity_id=body["id"])
        assert list(events.values_list("event_type", flat=True)) == ["WorkflowExecutionStarted"]


def test_the_nodes_of_a_run_and_its_outputs_are_told(cast: Cast) -> None:
    model = yielding(cast.editor, {"greeting": "hello"})
    body = answered(post(cast, model, inputs={"name": "Ann"}), 202)
    drive(Started(cast.editor.actor, body["id"]))

    told = answered(cast.viewer.client.get(f"/api/v1/executions/{body['id']}/"))

    assert told["status"] == "completed"
    assert told["outputs"] == {"out": {"out": {"greeting": "hello"}}}
    assert (told["completed_nodes"], told["failed_nodes"]) == (["in", "work", "out"], [])
    assert told["skipped_nodes"] == []
    assert [(one["node_id"], one["kind"], one["status"]) for one in told["node_results"]] == [
        ("in", "container", "completed"),
        ("t", "action", "completed"),
        ("work", "container", "completed"),
        ("out", "container", "completed"),
    ]
    assert told["node_results"][0] == {
        "node_id": "in",
        "kind": "container",
        "status": "completed",
        "reason": None,
        "attempts": 1,
        "output": {"name": "Ann"},
        "error": None,
    }
    assert told["summary"]["overall_success"] is True
    assert [child["step_id"] for child in told["children"]] == ["t"]
    (listed,) = answered(cast.viewer.client.get(address(model, "executions/")))["results"]
    assert (listed["id"], listed["status"]) == (body["id"], "completed")


def test_what_failed_and_what_was_left_out_is_told(cast: Cast) -> None:
    spindle = make_yielding_spindle(cast.editor, "${{ inputs.missing }}")
    document = ends(runs("t", spindle, retry_policy={"enabled": False}))
    model = publish(cast.editor, document)
    body = answered(post(cast, model), 202)
    drive(Started(cast.editor.actor, body["id"]))

    told = answered(cast.viewer.client.get(f"/api/v1/executions/{body['id']}/"))

    assert (told["status"], told["outputs"]) == ("failed", {})
    assert (told["completed_nodes"], told["failed_nodes"]) == (["in"], ["work"])
    assert told["skipped_nodes"] == [{"node_id": "out", "reason": "dependency_failed"}]
    by_id = {one["node_id"]: one for one in told["node_results"]}
    assert by_id["t"]["error"]["code"] == "child_failed"
    assert by_id["work"]["error"]["code"] == "action_failed"
    assert told["summary"] == {
        "total_nodes": 4,
        "successful_nodes": 1,
        "failed_nodes": 2,
        "skipped_nodes": 1,
        "overall_success": False,
    }


class TestVersions:
    """Which version is meant, and what refuses it."""

    def test_a_number_runs_that_version_live_or_superseded(self, cast: Cast) -> None:
        model = yielding(cast.editor, {"n": 1})
        publish_again(cast.editor, model, ends())

        old = answered(post(cast, model, version="1.0.0"), 202)
        new = answered(post(cast, model), 202)

        assert (old["source"]["version"], new["source"]["version"]) == ("1.0.0", "1.1.0")
        assert [one["node_id"] for one in new["node_results"]] == ["in", "work", "out"]

    def test_an_unknown_number_is_not_found(self, cast: Cast) -> None:
        refused(cast, yielding(cast.editor, {}), 404, "not_found", version="7.0.0")

    def test_what_is_no_number_is_refused(self, cast: Cast) -> None:
        body = refused(cast, yielding(cast.editor, {}), 400, "validation_error", version="1.0")
        assert body["errors"][0]["pointer"] == "/version"

    def test_without_a_published_version_nothing_runs(self, cast: Cast) -> None:
        refused(cast, make_model(cast.editor, ends()), 409, "not_published")

    def test_a_draft_runs_in_development_only(self, cast: Cast) -> None:
        model = make_model(cast.editor, ends())
        refused(cast, model, 409, "not_published", version="draft")
        refused(cast, model, 409, "not_published", version="draft", environment="staging")

        body = answered(post(cast, model, version="draft", environment="development"), 202)

        assert body["source"]["is_draft"] is True

    def test_no_draft_runs_where_none_is_open(self, cast: Cast) -> None:
        model = yielding(cast.editor, {})
        refused(cast, model, 409, "not_published", version="draft", environment="development")

    def test_a_draft_that_cannot_be_published_does_not_run(self, cast: Cast) -> None:
        model = make_model(cast.editor, drawing(container("s"), tether("t", "s")))
        asked = {"version": "draft", "environment": "development"}
        body = refused(cast, model, 409, "not_publishable", **asked)
        assert {one["code"] for one in body["errors"]} == {
            "no_input", "no_output", "dangling_reference",
        }  # fmt: skip

    def test_an_archived_model_runs_no_more(self, cast: Cast) -> None:
        model = yielding(cast.editor, {})
        with scope(cast.editor.actor):
            archive_model(actor=cast.editor.actor, pk=model.pk)
        refused(cast, model, 409, "invalid_transition")
        refused(cast, model, 409, "invalid_transition", dry_run=True)

    def test_a_deleted_or_foreign_model_is_not_found(self, cast: Cast) -> None:
        model = yielding(cast.editor, {})
        assert post(cast, model, who="stranger").status_code == 404
        with scope(cast.owner.actor):
            delete_model(actor=cast.owner.actor, pk=model.pk)
        refused(cast, model, 404, "not_found")
        assert cast.editor.client.post(address(UNKNOWN, "execute/"), {}).status_code == 404


def test_only_who_may_execute_starts_runs(cast: Cast) -> None:
    model = yielding(cast.editor, {})
    assert post(cast, model, who="viewer").status_code == 403
    executors = {"executors": [str(cast.viewer.user.pk)]}
    patch = {"permissions": {**model.permissions, **executors}}
    answered(cast.owner.client.patch(address(model), patch))
    answered(post(cast, model, who="viewer"), 202)


class TestInputs:
    """Inputs are checked against the contracts of the inputs."""

    def test_all_faults_are_named(self, cast: Cast) -> None:
        model = publish(cast.editor, ends(input_data_contract=CONTRACT))
        before = stored()
        response = post(cast, model, inputs={"severity": 9})
        assert response.status_code == 400
        assert faults(response) == {
            ("/inputs/service", "required"),
            ("/inputs/severity", "max_value"),
        }
        assert faults(post(cast, model, dry_run=True)) == {("/inputs/service", "required")}
        assert stored() == before

    def test_what_fits_is_taken(self, cast: Cast) -> None:
        model = publish(cast.editor, ends(input_data_contract=CONTRACT))
        body = answered(post(cast, model, inputs={"service": "mail", "more": 1}), 202)
        assert body["inputs"] == {"service": "mail", "more": 1}

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"inputs": []}, ("/inputs", "invalid")),
            ({"max_depth": 0}, ("/max_depth", "min_value")),
            ({"max_depth": 21}, ("/max_depth", "max_value")),
            ({"environment": "test"}, ("/environment", "invalid_choice")),
            ({"priority": 1}, ("/priority", "unknown_field")),
        ],
    )
    def test_a_request_out_of_shape_is_refused(
        self, cast: Cast, body: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        response = post(cast, make_model(cast.editor, ends()), **body)
        assert faults(response) == {fault}


class TestDryRun:
    """A dry run stores and calls nothing."""

    def test_it_says_what_a_run_would_do(self, cast: Cast) -> None:
        spindle = make_yielding_spindle(cast.editor, {})
        waits = {"max_attempts": 4, "base_delay": 2, "max_delay": 5}
        document = ends(
            runs("t", spindle, execution_order=1, retry_policy=waits),
            runs("u", spindle, execution_mode="parallel", execution_order=2),
            container("beside"),
        )
        model = publish(cast.editor, document)
        before = stored()

        body = answered(post(cast, model, dry_run=True, inputs={"a": 1}))

        assert stored() == before
        assert body.pop("id").startswith("dry-run-")
        assert {problem["code"] for problem in body.pop("problems")} >= {"isolated_node"}
        assert body == {
            "dry_run": True,
            "runnable": True,
            "version": "1.0.0",
            "environment": "production",
            "node_count": 6,
            "estimated_seconds": 6,
            "order": ["in", "beside", "work", "out"],
            "levels": [["in", "beside"], ["work"], ["out"]],
            "parallel_levels": [0],
            "critical_path": ["in", "work", "out"],
            "nested_levels": 1,
            "actions": [
                {
                    "node_id": "t",
                    "parent_id": "work",
                    "phase": "sequential",
                    "execution_order": 1,
                    "retry_delays": [2, 4, 5],
                },
                {
                    "node_id": "u",
                    "parent_id": "work",
                    "phase": "parallel",
                    "execution_order": 2,
                    "retry_delays": [1, 2],
                },
            ],
            "inputs": {"a": 1},
        }

    def test_without_a_published_version_it_tells_of_the_draft(self, cast: Cast) -> None:
        model = make_model(cast.editor, drawing(container("s"), tether("t", "s")))
        before = stored()
        body = answered(post(cast, model, dry_run=True))
        assert (body["runnable"], body["version"]) == (False, "1.0.0")
        blocking = {one["code"] for one in body["problems"] if one["blocks_publish"]}
        assert blocking == {"no_input", "no_output", "dangling_reference"}
        assert stored() == before

    def test_a_draft_may_be_asked_for_in_any_environment(self, cast: Cast) -> None:
        model = yielding(cast.editor, {})
        answered(cast.editor.client.post(address(model, "versions/"), {"bump": "major"}), 201)
        body = answered(post(cast, model, dry_run=True, version="draft"))
        assert (body["version"], body["environment"]) == ("2.0.0", "production")

    def test_it_needs_the_right_to_execute(self, cast: Cast) -> None:
        model = yielding(cast.editor, {})
        assert post(cast, model, who="viewer", dry_run=True).status_code == 403
