"""Kinds at work in real runs: what the handlers promise holds in the engine's transaction."""

from typing import Any

import pytest

from accounts.tenancy import scope, system_scope
from knowledge_base.services.sops import publish_sop
from node_links.models import NodeEvent
from node_links.services.event_types import register_event_type
from tests.factories import Cast, make_sop
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.django_db

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def _published() -> list[NodeEvent]:
    with system_scope():
        return list(NodeEvent.objects.filter(event_type="OrderPaid"))


def _publishing(data: Any) -> dict[str, Any]:
    return {"event_type": "OrderPaid", "data": data}


def test_values_travel_from_kind_to_kind(cast: Cast) -> None:
    sop = make_sop(cast.owner, title="Pay an invoice", content="# Pay")
    with scope(cast.owner.actor):
        publish_sop(actor=cast.owner.actor, pk=sop.pk)
        register_event_type(actor=cast.owner.actor, name="OrderPaid", schema=SCHEMA)
    plan = plan_of(
        step("total", "transform", params={"expression": "inputs.rows.filter(r, r.n > 1).size()"}),
        step(
            "route",
            "condition",
            params={"branches": [{"name": "some", "when": "steps.total.output > 0"}]},
            depends_on=("total",),
        ),
        step("read-it", "kb_read", params={"sop": "pay-an-invoice"}, depends_on=("route",),
             condition="""steps.route.output.branch == "some" """),
        step(
            "tell",
            "publish_event",
            params=_publishing({"n": "${{ steps.total.output }}"}),
            depends_on=("read-it",),
            condition="""steps["read-it"].output.version == "1.0.0" """,
        ),
    )  # fmt: skip

    run = start(cast.editor.actor, plan, {"rows": [{"n": 1}, {"n": 2}, {"n": 3}]}).drive()

    assert set(run.statuses.values()) == {"completed"}
    [event] = _published()
    assert (event.data, event.execution_id) == ({"n": 2}, run.pk)
    assert run.row.outputs["tell"] == {"event_id": str(event.pk)}
    assert run.row.outputs["read-it"]["content"] == "# Pay"


def test_a_step_that_fails_leaves_nothing_and_the_run_goes_on(cast: Cast) -> None:
    with scope(cast.owner.actor):
        register_event_type(actor=cast.owner.actor, name="OrderPaid", schema=SCHEMA)
    plan = plan_of(
        step("tell", "publish_event", params=_publishing({"n": "many"})),
        step("read", "kb_read", params={"sop": "nothing"}),
        step("hold", "condition", params={"branches": [{"name": "a", "when": "inputs.no"}]}),
        step("count", "transform", params={"expression": "inputs.no + 1"}),
        step("write", "transform", params={"value": "${{ inputs.no }}"}),
        step("wait", "delay", params={"seconds": -1}),
        step("after", "noop", depends_on=("tell", "read"), join="all_done"),
    )

    run = start(cast.editor.actor, plan, {}).drive()

    codes = {name: (one.error or {}).get("code") for name, one in run.steps.items()}
    assert codes == {
        "tell": "validation_error",
        "read": "not_found",
        "hold": "condition_error",
        "count": "expression_error",
        "write": "template_error",
        "wait": "invalid_params",
        "after": None,
    }
    assert (run.row.status, run.statuses["after"]) == ("failed", "completed")
    assert _published() == []


@pytest.mark.parametrize(
    ("kind", "params", "waits"),
    [
        ("delay", {"seconds": 3600}, "delay"),
        ("wait_event", {"event_type": "OrderPaid", "match": "event.data.n == inputs.n"}, "event"),
        ("human_task", {"title": "Pay ${{ inputs.n }}?"}, "person"),
    ],
)
def test_what_waits_holds_no_worker(
    cast: Cast, kind: str, params: dict[str, Any], waits: str
) -> None:
    run = start(cast.editor.actor, plan_of(step("a", kind, params=params)), {"n": 1}).drive()

    assert run.statuses == {"a": "waiting"}
    assert run.steps["a"].wait_kind == waits


def test_a_map_runs_its_step_for_each_item(cast: Cast) -> None:
    inner = {"kind": "transform", "params": {"expression": "item.n * 10 + index"}}
    plan = plan_of(step("each", "map", params={"items": "${{ inputs.rows }}", "step": inner}))

    run = start(cast.editor.actor, plan, {"rows": [{"n": 1}, {"n": 2}]}).drive()

    assert run.row.outputs == {"each": [10, 21]}
