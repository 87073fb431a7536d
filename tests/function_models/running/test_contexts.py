"""Contexts while a model runs: what expressions see, what is written, and how long it lives."""

from typing import Any

import pytest

from accounts.tenancy import scope
from function_models.models import FunctionModel
from function_models.services.running import execute_model
from node_links.models import NodeEvent
from spindles.models import Execution
from tests.factories import Cast
from tests.function_models.api.observing import address
from tests.function_models.drawings import container, drawing
from tests.function_models.running.published import (
    drive,
    execute,
    make_yielding_spindle,
    publish,
    runs,
)
from tests.observing import answered, refused
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db


def drawn(cast: Cast, *nodes: dict[str, Any], root: dict[str, Any] | None = None) -> FunctionModel:
    """Return a published model with these nodes between an input and an output."""
    ends = (
        container("in", "ioNode", boundary_type="input"),
        container("out", "ioNode", boundary_type="output"),
    )
    document = drawing(*ends, *nodes, arrows=("in>s", "s>out"))
    return publish(cast.editor, document, context=root or {})


def telling(cast: Cast, node_id: str, parent: str, told: Any, **data: Any) -> dict[str, Any]:
    """Return an action that puts out `told`, in which templates stand."""
    spindle = make_yielding_spindle(cast.editor, "${{ inputs.told }}")
    return runs(node_id, spindle, parent, execution_parameters={"told": told}, **data)


def started(cast: Cast, model: FunctionModel, **more: Any) -> Started:
    with scope(cast.editor.actor):
        row = execute_model(actor=cast.editor.actor, pk=model.pk, inputs={}, **more)
    return Started(cast.editor.actor, row.pk)


def output(run: Started, step_id: str) -> Any:
    found = run.steps[step_id]
    assert found.status == "completed", found.error
    assert found.output is not None
    return found.output["out"]


def ask(cast: Cast, model: FunctionModel, run: Started, node: str, target: str) -> dict[str, Any]:
    """Return what `node` sees of the context of `target` in a run."""
    asked = {"node": node, "target": target, "execution": str(run.pk)}
    found: dict[str, Any] = answered(cast.editor.client.get(address(model, "context/"), asked))
    return found


def tell(
    cast: Cast, model: FunctionModel, run: Started, target: str, values: Any, node: str = "root"
) -> Any:
    """Write into the context of `target` in a run."""
    where = f"context/?node={node}&target={target}&execution={run.pk}"
    return cast.editor.client.patch(address(model, where), values)


def test_expressions_see_contexts_by_the_access_rules(cast: Cast) -> None:
    told = {
        "own": "${{ context.a.n }}",
        "parent": "${{ context.s.n }}",
        "root": "${{ context.root.n }}",
        "sibling": "${{ context.b.n }}",
        "uncle": "${{ context.in.n }}",
    }
    model = drawn(
        cast,
        container("s", context={"n": "s"}),
        telling(cast, "a", "s", told, execution_order=1, context={"n": "a"}),
        telling(cast, "b", "s", "x", execution_order=2, context={"n": "b"}),
        root={"n": "root"},
    )
    edit = {"data": {"context": {"n": "in"}}}
    answered(cast.editor.client.post(address(model, "versions/"), {"bump": "minor"}), 201)
    answered(cast.editor.client.patch(address(model, "nodes/in/"), edit))
    answered(cast.editor.client.post(address(model, "publish/"), {}))

    assert output(execute(cast.editor, model), "a") == {
        "own": "a", "parent": "s", "root": "root", "sibling": "b", "uncle": "in",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("context.cousin.n", "template_error"),
        ("context.hidden.n", "template_error"),
        ("context.s.api_key", "template_error"),
        ("context.unknown.n", "template_error"),
    ],
)
def test_what_may_not_be_seen_is_not_there(cast: Cast, path: str, code: str) -> None:
    model = drawn(
        cast,
        container("s", context={"api_key": "x"}),
        telling(cast, "a", "s", f"${{{{ {path} }}}}", execution_order=1),
        telling(
            cast, "hidden", "s", 1, execution_order=2, context={"n": 1}, context_scope="isolated"
        ),
        container("t"),
        telling(cast, "cousin", "t", 1, context={"n": 1}),
    )
    run = execute(cast.editor, model)
    assert (run.steps["a"].error or {})["code"] == code


def test_a_context_begins_with_what_the_parent_tells(cast: Cast) -> None:
    model = drawn(
        cast,
        container("s", context={"x": "s", "y": "s", "api_key": "k"}),
        telling(cast, "a", "s", "-", context={"y": "a"}),
        root={"z": "root"},
    )
    run = started(cast, model)
    assert ask(cast, model, run, "a", "a")["data"] == {"x": "s", "y": "a"}
    assert ask(cast, model, run, "s", "s")["data"] == {
        "x": "s", "y": "s", "z": "root", "api_key": "k",
    }  # fmt: skip


def test_what_is_written_in_a_run_is_seen_in_this_run_only(cast: Cast) -> None:
    told = "${{ context.s.n }}"
    model = drawn(cast, container("s", context={"n": 1, "m": 1}), telling(cast, "a", "s", told))
    run, other = started(cast, model), started(cast, model)

    body = answered(tell(cast, model, run, "s", {"n": 2, "m": None}))

    assert (body["access_granted"], body["data"]) == (True, {"n": 2})
    assert output(drive(run), "a") == 2
    assert output(drive(other), "a") == 1
    assert answered(
        cast.editor.client.get(address(model, "context/"), {"node": "s", "target": "s"})
    )["data"] == {"n": 1, "m": 1}
    with scope(cast.editor.actor):
        event = NodeEvent.objects.get(event_type="NodeContextUpdated")
        assert event.data == {
            "target_node_id": "s", "keys": ["m", "n"], "execution_id": str(run.pk),
        }  # fmt: skip


def test_clearing_empties_the_nodes_directly_below_too(cast: Cast) -> None:
    model = drawn(
        cast,
        container("s", context={"n": 1}),
        telling(cast, "a", "s", "-", context={"n": 1}),
        root={"n": 1},
    )
    run = started(cast, model)
    where = f"context/?node=root&target=s&execution={run.pk}"
    assert cast.editor.client.delete(address(model, where)).status_code == 204
    assert ask(cast, model, run, "s", "s")["data"] == {}
    assert ask(cast, model, run, "a", "a")["data"] == {}
    assert ask(cast, model, run, "root", "root")["data"] == {"n": 1}


def test_all_contexts_that_a_node_may_read_in_a_run_are_listed(cast: Cast) -> None:
    model = drawn(cast, container("s", context={"n": 1}), telling(cast, "a", "s", "-"))
    run = started(cast, model)
    answered(tell(cast, model, run, "s", {"n": 5}))
    asked = {"node": "a", "filter": "parent", "execution": str(run.pk)}
    body = answered(cast.editor.client.get(address(model, "context/"), asked))
    assert [(one["node_id"], one["data"]) for one in body["contexts"]] == [("s", {"n": 5})]


class TestScopes:
    """How long a context lives."""

    def model(self, cast: Cast, reach: str) -> FunctionModel:
        told = "${{ context.s.n }}"
        return drawn(
            cast,
            container("s", context={"n": 0}, context_scope=reach),
            telling(cast, "a", "s", told),
        )

    def test_a_session_is_shared_by_its_runs(self, cast: Cast) -> None:
        model = self.model(cast, "session")
        first = started(cast, model, session_id="one")
        answered(tell(cast, model, first, "s", {"n": 1}))
        second = started(cast, model, session_id="one")
        other = started(cast, model, session_id="two")
        alone = started(cast, model)
        answered(tell(cast, model, alone, "s", {"n": 9}))
        assert [output(drive(run), "a") for run in (first, second, other, alone)] == [1, 1, 0, 9]

    def test_global_is_shared_by_all_runs(self, cast: Cast) -> None:
        model = self.model(cast, "global")
        first = started(cast, model, session_id="one")
        answered(tell(cast, model, first, "s", {"n": 1}))
        answered(tell(cast, model, first, "s", {"n": 2}))
        assert output(execute(cast.editor, model), "a") == 2

    def test_global_is_readable_by_every_node_and_writable_from_above(self, cast: Cast) -> None:
        model = drawn(
            cast,
            container("s"),
            telling(cast, "a", "s", "${{ context.far.n }}"),
            container("t"),
            telling(cast, "far", "t", "-", context={"n": 3}, context_scope="global"),
        )
        run = started(cast, model)
        refused(tell(cast, model, run, "far", {"n": 4}, node="a"), 403, "permission_denied")
        answered(tell(cast, model, run, "far", {"n": 5}, node="t"))
        assert output(drive(run), "a") == 5


class TestRefusals:
    """What is refused changes nothing."""

    @pytest.fixture
    def model(self, cast: Cast) -> FunctionModel:
        return drawn(cast, container("s", context={"n": 1}), telling(cast, "a", "s", "-"))

    def test_a_node_writes_downwards_only(self, cast: Cast, model: FunctionModel) -> None:
        run = started(cast, model)
        refused(tell(cast, model, run, "s", {"n": 2}, node="a"), 403, "permission_denied")
        assert ask(cast, model, run, "s", "s")["data"] == {"n": 1}

    def test_a_run_that_has_ended_is_not_written_to(self, cast: Cast, model: FunctionModel) -> None:
        run = drive(started(cast, model))
        refused(tell(cast, model, run, "s", {"n": 2}), 409, "invalid_transition")
        assert ask(cast, model, run, "s", "s")["data"] == {"n": 1}

    def test_only_an_object_is_merged(self, cast: Cast, model: FunctionModel) -> None:
        refused(tell(cast, model, started(cast, model), "s", [1]), 400, "validation_error")

    def test_unknown_runs_and_nodes_are_not_found(self, cast: Cast, model: FunctionModel) -> None:
        run = started(cast, model)
        refused(tell(cast, model, run, "nobody", {"n": 2}), 404, "not_found")
        other = publish(
            cast.editor,
            drawing(container("io", "ioNode", boundary_type="input-output")),
            name="Other",
        )
        refused(tell(cast, other, run, "root", {"n": 2}), 404, "not_found")
        wrong = address(model, "context/?node=s&execution=run-7")
        refused(cast.editor.client.patch(wrong, {}), 404, "not_found")
        with scope(cast.editor.actor):
            assert "written" not in Execution.objects.get(pk=run.pk).context

    def test_who_may_not_edit_writes_nothing(self, cast: Cast, model: FunctionModel) -> None:
        run = started(cast, model)
        where = address(model, f"context/?node=s&execution={run.pk}")
        assert cast.viewer.client.patch(where, {"n": 2}).status_code == 403
