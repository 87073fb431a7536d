"""Models inside models: what is handed down, what comes back, which version, and how deep."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import Conflict
from function_models.models import FunctionModel
from function_models.services.archiving import archive_model
from function_models.services.running import execute_model
from spindles.models import Execution
from spindles.services.human_tasks import complete_task
from tests.factories import Cast
from tests.function_models.drawings import drawing
from tests.function_models.running.published import (
    below,
    drive,
    ends,
    execute,
    make_yielding_spindle,
    nests,
    publish,
    publish_again,
    runs,
)
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db
ECHO = {"id": "io", "type": "ioNode", "position": {"x": 0, "y": 0}}


def echo(cast: Cast, name: str = "Echo", **data: Any) -> FunctionModel:
    """Return a model that yields what it is given."""
    node = {**ECHO, "data": {"name": "io", "boundary_type": "input-output", **data}}
    return publish(cast.editor, drawing(node), name=name)


def outer(cast: Cast, *actions: dict[str, Any], **fields: Any) -> FunctionModel:
    """Return a model whose stage has these actions."""
    return publish(cast.editor, ends(*actions), **fields)


def given(run: Started, place: int = 0) -> dict[str, Any]:
    """Return what the nested run of this place was given."""
    return dict(below(run)[place].row.inputs)


def test_a_nested_run_is_an_execution_of_its_own(cast: Cast) -> None:
    inner = echo(cast)
    model = outer(cast, nests("m", inner))

    run = execute(cast.editor, model, {"a": 1}, session_id="s1")

    (child,) = below(run)
    assert (run.row.status, child.row.status) == ("completed", "completed")
    assert (child.row.source_id, child.row.source_version) == (inner.pk, "1.0.0")
    assert (child.row.parent_id, child.row.parent_step_id) == (run.pk, "m")
    assert (child.row.depth, child.row.session_id) == (1, "s1")
    assert run.row.outputs == {"out": {"io": {"a": 1}}}
    assert run.steps["m"].used == [
        {
            "feature": "function-model",
            "entity_id": str(inner.pk),
            "node_id": None,
            "version": "1.0.0",
            "link_type": "nested",
        }
    ]


class TestHandingDown:
    """What the orchestration mode hands down."""

    def test_embedded_hands_down_the_outer_data_overlaid_with_what_is_mapped(
        self, cast: Cast
    ) -> None:
        spindle = make_yielding_spindle(cast.editor, {"found": [7, 8]})
        mapping = {
            "a": "${{ inputs.b }}",
            "second": "steps.t.output.out.found.1",
            "plain": "deep.value",
        }
        model = outer(
            cast,
            runs("t", spindle, execution_order=1),
            nests("m", echo(cast), execution_order=2, context_mapping=mapping),
        )
        run = execute(cast.editor, model, {"a": 1, "b": 2, "deep": {"value": 3}})
        assert given(run, 1) == {
            "a": 2, "b": 2, "deep": {"value": 3}, "second": 8, "plain": 3,
        }  # fmt: skip

    def test_sequential_adds_what_the_action_before_has_put_out(self, cast: Cast) -> None:
        spindle = make_yielding_spindle(cast.editor, 7)
        model = outer(
            cast,
            runs("t", spindle, execution_order=1, output_mapping={"n": "out"}),
            nests("m", echo(cast), execution_order=2, orchestration_mode="sequential"),
        )
        run = execute(cast.editor, model, {"a": 1})
        assert given(run, 1) == {"a": 1, "n": 7}
        assert below(run)[1].row.context["chained"] is True

    def test_parallel_hands_down_what_is_mapped_and_inherited_only(self, cast: Cast) -> None:
        nested = nests(
            "m",
            echo(cast),
            orchestration_mode="parallel",
            context={"team": "core", "room": 4},
            context_mapping={"x": "inputs.a"},
            context_inheritance={"inherited_contexts": ["team", "unknown"]},
        )
        run = execute(cast.editor, outer(cast, nested), {"a": 1, "b": 2})
        assert given(run) == {"x": 1, "team": "core"}
        assert below(run)[0].row.context["isolated"] is True

    def test_isolated_and_sensitive_values_stay_where_they_are(self, cast: Cast) -> None:
        nested = nests(
            "m",
            echo(cast),
            context={"team": "core", "room": 4, "api_key": "x"},
            context_inheritance={"isolated_contexts": ["room"]},
        )
        assert given(execute(cast.editor, outer(cast, nested))) == {"team": "core"}

    def test_each_level_inherits_from_all_above_the_later_wins(self, cast: Cast) -> None:
        last = echo(cast, "Last")
        middle = outer(
            cast, nests("m2", last, context={"b": "middle", "c": "middle"}), name="Middle"
        )
        first = outer(cast, nests("m1", middle, context={"a": "first", "b": "first"}), name="First")

        run = execute(cast.editor, first)

        (below_first,) = below(run)
        assert given(run) == {"a": "first", "b": "first"}
        assert given(below_first) == {"a": "first", "b": "middle", "c": "middle"}

    def test_a_mapping_that_leads_nowhere_fails_the_action(self, cast: Cast) -> None:
        run = execute(
            cast.editor, outer(cast, nests("m", echo(cast), context_mapping={"x": "inputs.a"}))
        )
        assert run.row.status == "failed"
        assert (run.steps["m"].error or {})["code"] == "template_error"
        assert below(run) == []


class TestComingBack:
    """What comes back."""

    @pytest.mark.parametrize(
        ("extraction", "prevented", "output"),
        [
            ({}, True, {"io": {"a": 1, "b": 2}}),
            ({"extracted_outputs": ["a"]}, True, {"a": 1}),
            ({"extracted_outputs": ["io", "missing"]}, True, {"io": {"a": 1, "b": 2}}),
            ({"extracted_outputs": ["a"]}, False, {"io": {"a": 1, "b": 2}}),
            (
                {
                    "extracted_outputs": ["sum", "b"],
                    "output_transformations": {"sum": "a + outputs.io.b", "b": 9},
                },
                True,
                {"sum": 3, "b": 9},
            ),
        ],
    )
    def test_only_what_is_to_be_extracted(
        self, cast: Cast, extraction: dict[str, Any], prevented: bool, output: dict[str, Any]
    ) -> None:
        limits = {"context_leakage_prevention": prevented}
        action = nests(
            "m", echo(cast), output_extraction=extraction, hierarchical_validation=limits
        )
        run = execute(cast.editor, outer(cast, action), {"a": 1, "b": 2})
        assert run.steps["m"].output == output

    def test_a_transformation_without_an_answer_fails_the_action(self, cast: Cast) -> None:
        extraction = {"output_transformations": {"sum": "outputs.nowhere"}}
        model = outer(cast, nests("m", echo(cast), output_extraction=extraction))
        run = execute(cast.editor, model)
        assert (run.steps["m"].error or {})["code"] == "expression_error"

    def test_a_failed_nested_run_fails_its_action(self, cast: Cast) -> None:
        spindle = make_yielding_spindle(cast.editor, "${{ inputs.missing }}")
        once: dict[str, Any] = {"retry_policy": {"enabled": False}}
        inner = outer(cast, runs("t", spindle, **once), name="Inner")
        run = execute(cast.editor, outer(cast, nests("m", inner, **once)))
        assert run.row.status == "failed"
        assert (run.steps["m"].error or {})["code"] == "child_failed"

    def test_inputs_that_break_the_inner_contract_fail_the_action(self, cast: Cast) -> None:
        inner = echo(cast, input_data_contract={"required": ["x"]})
        run = execute(cast.editor, outer(cast, nests("m", inner)))
        assert (run.steps["m"].error or {})["code"] == "validation_error"
        assert below(run) == []


class TestPins:
    """The nested version is that of the moment when the outer run starts."""

    def begun(self, cast: Cast, model: FunctionModel) -> Started:
        with scope(cast.editor.actor):
            row = execute_model(actor=cast.editor.actor, pk=model.pk, inputs={})
        return Started(cast.editor.actor, row.pk)

    def test_what_is_published_later_does_not_run(self, cast: Cast) -> None:
        last = echo(cast, "Last")
        inner = outer(cast, nests("l", last), name="Inner")
        run = self.begun(cast, outer(cast, nests("m", inner)))
        publish_again(cast.editor, last, ends())
        publish_again(cast.editor, inner, ends())

        drive(run)

        (child,) = below(run)
        (grandchild,) = below(child)
        assert run.row.status == "completed"
        assert (child.row.source_version, grandchild.row.source_version) == ("1.0.0", "1.0.0")

    def test_what_is_archived_later_runs(self, cast: Cast) -> None:
        inner = echo(cast)
        run = self.begun(cast, outer(cast, nests("m", inner)))
        with scope(cast.editor.actor):
            archive_model(actor=cast.editor.actor, pk=inner.pk)
        assert drive(run).row.status == "completed"

    def test_what_was_archived_before_does_not(self, cast: Cast) -> None:
        inner = echo(cast)
        model = outer(cast, nests("m", inner))
        with scope(cast.editor.actor):
            archive_model(actor=cast.editor.actor, pk=inner.pk)
        run = execute(cast.editor, model)
        assert (run.steps["m"].error or {})["code"] == "not_published"

    def test_a_pinned_number_runs_although_a_later_one_is_live(self, cast: Cast) -> None:
        inner = echo(cast)
        publish_again(cast.editor, inner, ends())
        model = outer(cast, nests("m", inner, nested_version="1.0.0"))
        (child,) = below(execute(cast.editor, model))
        assert child.row.source_version == "1.0.0"


def chain(cast: Cast, levels: int, **limits: Any) -> FunctionModel:
    """Return the first of as many models that nest in each other."""
    model = echo(cast, f"Level {levels}")
    for level in range(levels - 1, 0, -1):
        action = nests("m", model, hierarchical_validation=limits if level == 1 else {})
        model = outer(cast, action, name=f"Level {level}")
    return model


class TestDepth:
    """How deep models may nest."""

    def test_max_depth_lowers_the_limit_and_counts_the_root(self, cast: Cast) -> None:
        model = chain(cast, 3)
        with pytest.raises(Conflict) as caught, scope(cast.editor.actor):
            execute_model(actor=cast.editor.actor, pk=model.pk, inputs={}, max_depth=2)
        assert caught.value.code == "nesting_too_deep"
        with scope(cast.editor.actor):
            assert not Execution.objects.exists()
        assert execute(cast.editor, model, max_depth=3).row.status == "completed"

    @pytest.mark.parametrize(("allowed", "fits"), [(1, False), (2, True)])
    def test_an_action_says_how_deep_may_be_nested_below_it(
        self, cast: Cast, allowed: int, fits: bool
    ) -> None:
        model = chain(cast, 3, max_nesting_depth=allowed)
        if fits:
            assert execute(cast.editor, model).row.status == "completed"
            return
        with pytest.raises(Conflict):
            execute(cast.editor, model)

    def test_ten_levels_run_and_eleven_do_not(self, cast: Cast) -> None:
        model = chain(cast, 10)
        assert execute(cast.editor, model, max_depth=20).row.status == "completed"
        with scope(cast.editor.actor):
            assert Execution.objects.count() == 10
        below_last = echo(cast, "Deeper")
        with scope(cast.editor.actor):
            last = FunctionModel.objects.get(name="Level 10")
        publish_again(cast.editor, last, ends(nests("m", below_last)))
        with pytest.raises(Conflict) as caught:
            execute(cast.editor, model)
        assert caught.value.code == "nesting_too_deep"

    def test_a_dry_run_counts_levels(self, cast: Cast) -> None:
        model = chain(cast, 3)
        client = cast.editor.client
        asked = {"dry_run": True, "max_depth": 2}
        body = client.post(f"/api/v1/function-models/{model.pk}/execute/", asked).json()
        assert (body["nested_levels"], body["runnable"]) == (3, False)
        assert "nesting_too_deep" in {problem["code"] for problem in body["problems"]}


class TestRelease:
    """When a nested model runs."""

    def test_a_condition_decides(self, cast: Cast) -> None:
        policy = {"execution_trigger": "conditional", "conditions": ["inputs.a > 1", "inputs.b"]}
        action = nests("m", echo(cast), execution_policy=policy, condition="inputs.c")
        model = outer(cast, action)
        for inputs, status in (
            ({"a": 2, "b": True, "c": True}, "completed"),
            ({"a": 2, "b": False, "c": True}, "skipped"),
            ({"a": 2, "b": True, "c": False}, "skipped"),
        ):
            run = execute(cast.editor, model, inputs)
            assert (run.steps["m"].status, run.row.status) == (status, "completed")

    def test_a_condition_that_is_no_text_fails_the_action(self, cast: Cast) -> None:
        policy = {"execution_trigger": "conditional", "conditions": {"a": 1}}
        run = execute(cast.editor, outer(cast, nests("m", echo(cast), execution_policy=policy)))
        assert (run.steps["m"].error or {})["code"] == "condition_error"

    def released(self, cast: Cast, decision: str) -> Started:
        """Return a run in which a person has decided whether the nested model runs."""
        raci = {"responsible": ["System", "editor"], "accountable": ["ann@example.com", "The team"]}
        policy = {"execution_trigger": "manual"}
        run = execute(
            cast.editor,
            outer(cast, nests("m", echo(cast), execution_policy=policy, raci=raci)),
        )
        waiting = run.steps["m#release"]
        assert (waiting.status, waiting.wait["assignees"]) == (
            "waiting",
            ["ann@example.com", "editor"],
        )
        assert below(run) == []
        with scope(cast.editor.actor):
            complete_task(
                actor=cast.editor.actor, pk=run.pk, step_id="m#release", decision=decision
            )
        return drive(run)

    def test_a_person_lets_it_run(self, cast: Cast) -> None:
        run = self.released(cast, "approve")
        assert (run.row.status, len(below(run))) == ("completed", 1)
        told = cast.editor.client.get(f"/api/v1/executions/{run.pk}/").json()
        assert [one["node_id"] for one in told["node_results"]] == ["in", "m", "work", "out"]
        assert run.steps["work"].output == {}  # the decision is no output of the model

    def test_a_rejection_fails_the_container(self, cast: Cast) -> None:
        run = self.released(cast, "reject")
        assert below(run) == []
        assert run.statuses["m"] == "skipped: previous_failed"
        assert (run.row.status, run.statuses["work"]) == ("failed", "failed")
