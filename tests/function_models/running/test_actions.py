"""Inside a container: the three phases, how many run side by side, and what a failure stops."""

from typing import Any

import pytest

from function_models.canvas.document import Canvas
from tests.factories import Cast
from tests.function_models.drawings import container, drawn, tether
from tests.function_models.running.rehearsal import (
    FAIL,
    REFUSE,
    WAIT,
    drawn_statuses,
    end,
    rehearse,
    tries,
)

pytestmark = pytest.mark.django_db
ONCE: dict[str, Any] = {"retry_policy": {"enabled": False}}
AT_ONCE: dict[str, Any] = {"retry_policy": {"max_attempts": 3, "strategy": "immediate"}}


def staged(handling: str, *actions: dict[str, Any], **data: Any) -> Canvas:
    """Return a drawing of one stage with these actions."""
    return drawn(container("s", failure_handling=handling, **data), *actions)


def action(name: str, order: int, mode: str = "sequential", **data: Any) -> dict[str, Any]:
    """Return an action of the stage that is tried once, unless it says more."""
    given = {"execution_order": order, "execution_mode": mode, **ONCE, **data}
    return tether(name, "s", **given)


PHASES = (
    action("c1", 1, "conditional", condition="true"),
    action("p1", 2, "parallel"),
    action("s2", 4),
    action("s1", 3),
    action("p2", 5, "parallel"),
    action("c2", 6, "conditional"),
)


def test_sequential_actions_come_first_then_parallel_ones_then_conditional_ones(cast: Cast) -> None:
    assert tries(rehearse(cast.editor.actor, staged("critical_only", *PHASES))) == [
        *("s1", "s2"),
        *("p1", "p2"),
        *("c1", "c2"),
    ]


def test_each_phase_waits_for_the_one_before(cast: Cast) -> None:
    names = ("s1", "s2", "p1", "p2", "c1", "c2")
    scripts = {name: [WAIT] for name in names}
    run = rehearse(cast.editor.actor, staged("critical_only", *PHASES), scripts)
    seen = []
    for name in names:
        seen.append({one for one, told in run.statuses.items() if told == "waiting"})
        end(run, name)
    assert seen == [{"s1"}, {"s2"}, {"p1", "p2"}, {"p2"}, {"c1"}, {"c2"}]
    assert run.row.status == "completed"


def test_equal_orders_are_settled_by_priority_then_by_position(cast: Cast) -> None:
    canvas = staged(
        "critical_only", action("a", 1), action("b", 1), action("urgent", 1, priority=7)
    )
    assert tries(rehearse(cast.editor.actor, canvas)) == ["urgent", "a", "b"]


def test_at_most_four_parallel_actions_run_side_by_side_by_default(cast: Cast) -> None:
    names = [f"p{number}" for number in range(6)]
    canvas = staged("critical_only", *(action(n, i + 1, "parallel") for i, n in enumerate(names)))

    run = rehearse(cast.editor.actor, canvas, {name: [WAIT] for name in names})

    waiting = [name for name, told in run.statuses.items() if told == "waiting"]
    assert waiting == names[:4]
    end(run, "p2")
    waiting = [name for name, told in run.statuses.items() if told == "waiting"]
    assert waiting == ["p0", "p1", "p3", "p4"]


@pytest.mark.parametrize(
    ("balancing", "order"),
    [
        ("priority", ["urgent", "long", "first"]),
        ("round_robin", ["first", "urgent", "long"]),
        ("weighted", ["long", "urgent", "first"]),
    ],
)
def test_load_balancing_says_who_starts_first(cast: Cast, balancing: str, order: list[str]) -> None:
    canvas = staged(
        "critical_only",
        action("first", 1, "parallel", priority=1, estimated_duration=1),
        action("urgent", 2, "parallel", priority=9, estimated_duration=2),
        action("long", 3, "parallel", priority=5, estimated_duration=9),
        parallelism_config={"max_concurrency": 1, "load_balancing": balancing},
    )
    assert tries(rehearse(cast.editor.actor, canvas)) == order


FAILING = (
    action("a", 1),
    action("b", 2),
    action("p", 3, "parallel"),
    action("q", 4, "parallel"),
    action("c", 5, "conditional", condition="true"),
)


@pytest.mark.parametrize(
    ("handling", "critical", "stopped"),
    [
        ("critical_only", False, {"c"}),
        ("critical_only", True, {"b", "c"}),
        ("abort", False, {"b", "p", "q", "c"}),
        ("continue", True, {"c"}),
        ("retry", False, {"c"}),
    ],
)
def test_what_a_failed_sequential_action_stops(
    cast: Cast, handling: str, critical: bool, stopped: set[str]
) -> None:
    first = action("a", 1, critical=critical)
    run = rehearse(cast.editor.actor, staged(handling, first, *FAILING[1:]), {"a": [FAIL, FAIL]})
    told = drawn_statuses(run)
    assert told.pop("a") == "failed"
    assert told.pop("s") == "failed"
    assert {name for name, one in told.items() if one == "skipped: previous_failed"} == stopped
    assert {name for name, one in told.items() if one == "completed"} == set(told) - stopped


def test_a_priority_of_eight_makes_an_action_critical(cast: Cast) -> None:
    canvas = staged("critical_only", action("a", 1, priority=8), action("b", 2))
    told = drawn_statuses(rehearse(cast.editor.actor, canvas, {"a": [FAIL]}))
    assert told["b"] == "skipped: previous_failed"


def test_an_abort_leaves_what_has_begun_to_its_end(cast: Cast) -> None:
    canvas = staged(
        "abort",
        action("p", 1, "parallel"),
        action("q", 2, "parallel"),
        action("r", 3, "parallel"),
        parallelism_config={"max_concurrency": 2},
    )
    run = rehearse(cast.editor.actor, canvas, {"p": [WAIT], "q": [WAIT]})
    end(run, "p", FAIL)
    assert drawn_statuses(run)["q"] == "waiting"
    end(run, "q")
    assert drawn_statuses(run) == {
        "p": "failed", "q": "completed", "r": "skipped: previous_failed", "s": "failed",
    }  # fmt: skip


def test_an_action_between_its_tries_has_begun_and_is_not_stopped(cast: Cast) -> None:
    slow = {"retry_policy": {"max_attempts": 2, "base_delay": 0.2}}
    canvas = staged("abort", action("again", 1, "parallel", **slow), action("bad", 2, "parallel"))
    run = rehearse(cast.editor.actor, canvas, {"again": [FAIL, {}], "bad": [REFUSE]})
    assert drawn_statuses(run) == {"again": "completed", "bad": "failed", "s": "failed"}
    assert [one.status for one in run.attempts("again")] == ["failed", "success"]


def test_a_conditional_action_runs_where_its_condition_holds(cast: Cast) -> None:
    canvas = staged(
        "continue",
        action("yes", 1, "conditional", condition="inputs.n > 1"),
        action("no", 2, "conditional", condition="inputs.n > 2"),
        action("always", 3, "conditional"),
        action("unknown", 4, "conditional", condition="inputs.m > 2"),
        action("too-late", 5, "conditional"),
    )
    assert drawn_statuses(rehearse(cast.editor.actor, canvas, inputs={"n": 2})) == {
        "yes": "completed",
        "no": "skipped: condition_false",
        "always": "completed",
        "unknown": "failed",
        "too-late": "skipped: previous_failed",
        "s": "failed",
    }


def test_a_condition_of_an_action_may_name_what_ran_before(cast: Cast) -> None:
    canvas = staged(
        "continue",
        action("a", 1),
        action("b", 2, condition="steps.a.output.go"),
    )
    run = rehearse(cast.editor.actor, canvas, {"a": [{"go": False}]})
    assert drawn_statuses(run)["b"] == "skipped: condition_false"


def test_an_action_is_tried_as_often_as_its_policy_says(cast: Cast) -> None:
    canvas = staged("critical_only", action("a", 1, **AT_ONCE), action("b", 2, **AT_ONCE))

    run = rehearse(cast.editor.actor, canvas, {"a": [FAIL, FAIL, {"n": 3}], "b": [FAIL]})

    assert tries(run) == ["a", "a", "a", "b", "b", "b"]
    assert [one.status for one in run.attempts("a")] == ["failed", "failed", "success"]
    assert run.steps["a"].retry_count == 2
    assert drawn_statuses(run) == {"a": "completed", "b": "failed", "s": "failed"}


class TestRetry:
    """`retry`: one more try at the end of the phase."""

    def test_sequential_ones_have_it_one_after_the_other(self, cast: Cast) -> None:
        canvas = staged(
            "retry",
            action("a", 1, **AT_ONCE),
            action("b", 2),
            action("c", 3),
            action("p", 4, "parallel"),
        )
        scripts: dict[str, list[Any]] = {
            "a": [FAIL, FAIL, FAIL, WAIT],
            "b": [{}],
            "c": [REFUSE, WAIT],
        }

        run = rehearse(cast.editor.actor, canvas, scripts)

        assert tries(run) == ["a", "a", "a", "b", "c", "a"]
        end(run, "a")
        assert tries(run) == ["a", "a", "a", "b", "c", "a", "c"]
        assert drawn_statuses(run)["p"] == "pending"
        end(run, "c")
        assert tries(run)[-1] == "p"
        assert run.row.status == "completed"

    def test_parallel_ones_have_it_side_by_side(self, cast: Cast) -> None:
        names = ("p", "q", "r")
        canvas = staged("retry", *(action(n, i + 1, "parallel") for i, n in enumerate(names)))
        scripts = {"p": [FAIL, WAIT], "q": [WAIT], "r": [FAIL, WAIT]}

        run = rehearse(cast.editor.actor, canvas, scripts)

        assert tries(run) == ["p", "q", "r"]
        end(run, "q")
        assert tries(run) == ["p", "q", "r", "p", "r"]
        assert drawn_statuses(run) == {
            "p": "waiting", "q": "completed", "r": "waiting", "s": "pending",
        }  # fmt: skip

    def test_no_more_of_them_run_side_by_side_than_otherwise(self, cast: Cast) -> None:
        canvas = staged(
            "retry",
            action("p", 1, "parallel"),
            action("q", 2, "parallel"),
            parallelism_config={"max_concurrency": 1},
        )
        run = rehearse(cast.editor.actor, canvas, {"p": [FAIL, WAIT], "q": [FAIL, WAIT]})
        assert drawn_statuses(run) == {"p": "waiting", "q": "pending", "s": "pending"}

    def test_a_lone_action_has_it_too(self, cast: Cast) -> None:
        run = rehearse(cast.editor.actor, staged("retry", action("a", 1)), {"a": [FAIL, {}]})
        assert drawn_statuses(run) == {"a": "completed", "s": "completed"}

    def test_it_is_the_last_one(self, cast: Cast) -> None:
        canvas = staged("retry", action("a", 1, **AT_ONCE), action("c", 2, "conditional"))
        run = rehearse(cast.editor.actor, canvas, {"a": [FAIL]})
        assert tries(run) == ["a"] * 4
        assert drawn_statuses(run) == {
            "a": "failed", "c": "skipped: previous_failed", "s": "failed",
        }  # fmt: skip

    def test_a_conditional_action_does_not_wait_for_the_second_chance_of_another(
        self, cast: Cast
    ) -> None:
        canvas = staged("retry", action("c", 1, "conditional"), action("d", 2, "conditional"))
        run = rehearse(cast.editor.actor, canvas, {"c": [FAIL, {}]})
        assert drawn_statuses(run) == {
            "c": "completed", "d": "skipped: previous_failed", "s": "completed",
        }  # fmt: skip
