"""Figures of drawings and stages."""

from typing import Any

import pytest

from function_models.canvas.nodes import StageNode
from function_models.dependencies.stages import figures_of
from function_models.dependencies.statistics import scale_of, statistics_of
from tests.function_models.drawings import container, drawn, tether


def stage(**data: Any) -> StageNode:
    """Return a stage."""
    (found,) = drawn(container("s", **data)).containers
    assert isinstance(found, StageNode)
    return found


@pytest.mark.parametrize(
    ("data", "complexity", "seconds"),
    [
        (
            {"parallelism_config": {"max_concurrency": 4}, "stage_goals": ["a", "b"]},
            4.0,
            300,
        ),
        (
            {
                "stage_type": "gateway",
                "parallelism_config": {"max_concurrency": 1},
                "completion_criteria": ["done"],
            },
            1.3,
            39,
        ),
        ({"stage_type": "milestone"}, 1.0, 10),
        ({"stage_type": "checkpoint"}, 1.0, 60),
        ({"parallelism_config": {"max_concurrency": 16}}, 5.0, 375),
    ],
)
def test_a_stage_is_as_hard_and_as_long_as_its_parts_say(
    data: dict[str, Any], complexity: float, seconds: int
) -> None:
    figures = figures_of(stage(**data), [])

    assert (figures.complexity, figures.estimated_duration) == (complexity, seconds)
    assert (figures.memory, figures.network_calls, figures.disk_operations) == (128, 0, 0)


def test_actions_need_memory_calls_and_disk() -> None:
    canvas = drawn(container("s"), *(tether(str(n), "s") for n in range(5)))

    (figures,) = statistics_of(canvas).stages

    assert figures.cpu_intensive is True
    assert (figures.memory, figures.network_calls, figures.disk_operations) == (320, 5, 2)


def test_resources_of_tethers_are_added_up() -> None:
    needs = [
        {"cpu": 2, "memory": 1024, "timeout": 300},
        {"cpu": "4", "memory": "2048Mi", "timeout": 600},
    ]
    canvas = drawn(
        container("s"),
        *(tether(f"t{n}", "s", resource_requirements=need) for n, need in enumerate(needs)),
        tether("bare", "s"),
    )

    totals = statistics_of(canvas).resource_totals

    assert (totals.cpu, totals.memory, totals.timeout) == (6, 3072, 900)


def test_the_figures_of_a_small_drawing() -> None:
    canvas = drawn(
        container("a", "ioNode"),
        container("b"),
        tether("t", "b", priority=8, estimated_duration=60),
        tether("u", "b", priority=7, estimated_duration=30),
        arrows=("a>b",),
    )

    figures = statistics_of(canvas)

    assert (figures.container_count, figures.action_count, figures.edge_count) == (2, 2, 1)
    assert figures.by_type == {"ioNode": 1, "stageNode": 1, "tetherNode": 2}
    assert figures.by_status == {"draft": 4}
    assert (figures.scale, figures.max_depth, figures.maintainability) == ("simple", 2, 80)
    assert (figures.average_complexity, figures.complexity) == (0.55, 10)
    assert (figures.completeness, figures.critical_duration) == (0.0, 60)


def test_an_empty_drawing_has_figures_too() -> None:
    figures = statistics_of(drawn())

    assert (figures.max_depth, figures.average_complexity, figures.complexity) == (0, 0.0, 0)
    assert (figures.completeness, figures.maintainability) == (0.0, 100)


@pytest.mark.parametrize(
    ("count", "scale"),
    [
        (19, "simple"),
        (20, "medium"),
        (49, "medium"),
        (50, "large"),
        (99, "large"),
        (100, "enterprise"),
    ],
)
def test_the_scale_goes_by_the_number_of_nodes(count: int, scale: str) -> None:
    assert scale_of(count) == scale
