"""Two versions in one picture."""

from typing import Any

from tests.function_models.drawings import container, drawing, knowledge, tether
from tests.function_models.pictures.examples import incident
from tests.function_models.pictures.reading import actions, compared, containers, legend, ways
from tests.node_links.pictures.graphs import SVG, parse, texts


def moved(node: dict[str, Any], x: float, y: float) -> dict[str, Any]:
    return {**node, "position": {"x": x, "y": y}}


A, B, C = container("a"), moved(container("b"), 400, 0), moved(container("c"), 800, 0)


def test_what_came_and_went_is_told_apart() -> None:
    svg = compared(drawing(A, B, arrows=("a>b",)), drawing(A, C, arrows=("a>c",))).svg

    found = containers(svg)
    assert "fmp-removed" in found["b"].classes
    assert "fmp-added" in found["c"].classes
    assert found["a"].classes == {"fmp-container"}
    assert ways(svg) == {
        "c depends on a · added": "fmp-added fmp-way",
        "b depends on a · removed": "fmp-removed fmp-way",
    }


def test_actions_that_came_and_went_stand_in_their_container() -> None:
    old = drawing(A, B, tether("t", "a"), knowledge("k", "b"))
    new = drawing(A, knowledge("n", "a"))

    found = containers(compared(old, new).svg)

    assert {one.words: one.classes - {"fmp-action"} for one in found["a"].inside} == {
        "t": {"fmp-removed"},
        "n": {"fmp-added"},
    }
    assert [one.classes for one in found["b"].inside] == [{"fmp-action", "fmp-removed"}]


def test_what_says_something_else_is_modified_and_tells_what() -> None:
    svg = compared(
        drawing(A, tether("t", "a")), drawing(A, tether("t", "a", priority=8, critical=True))
    ).svg

    assert "fmp-modified" in actions(svg)["t"].classes
    assert "modified: critical, priority" in actions(svg)["t"].hint
    assert containers(svg)["a"].classes == {"fmp-container"}


def test_what_moved_leaves_a_frame_behind() -> None:
    svg = compared(drawing(A, B, C), drawing(A, B, moved(C, 800, 300))).svg

    assert "fmp-moved" in containers(svg)["c"].classes
    frames = [one for one in parse(svg).iter(f"{SVG}rect") if one.get("class") == "fmp-ghost"]
    assert len(frames) == 1
    assert float(frames[0].attrib["x"]) == containers(svg)["c"].x
    assert float(frames[0].attrib["y"]) < containers(svg)["c"].y
    assert "A grey frame is where something stood before." in legend(svg)


def test_an_action_that_moved_leaves_a_frame_inside_its_container() -> None:
    first, second = (moved(tether(name, "a"), 10, y) for name, y in (("t", 50), ("u", 110)))

    svg = compared(
        drawing(A, first, second), drawing(A, first, moved(tether("u", "a"), 10, 260))
    ).svg

    assert "fmp-moved" in actions(svg)["u"].classes
    frames = [one for one in parse(svg).iter(f"{SVG}rect") if one.get("class") == "fmp-ghost"]
    assert len(frames) == 1
    assert containers(svg)["a"].y == containers(svg)["a"].y
    assert actions(svg)["t"].y < float(frames[0].attrib["y"]) < actions(svg)["u"].y


def test_the_legend_names_the_changes_that_are_there() -> None:
    svg = compared(drawing(A, B), drawing(A, C)).svg

    assert legend(svg) == ["Process stage", "added", "removed"]
    assert "version 1.2.0 · published · 1 added · 1 removed" in texts(svg)


def test_statuses_are_no_part_of_a_comparison() -> None:
    signs = {
        use.get("href") for use in parse(compared(incident(), incident()).svg).iter(f"{SVG}use")
    }

    assert not signs & {"#fmp-draft", "#fmp-active"}


def test_two_drawings_that_say_the_same_have_no_changes() -> None:
    svg = compared(incident(), incident()).svg

    assert "version 1.2.0 · published · The drawings are the same." in texts(svg)
    assert all(one.classes <= {"fmp-container", "fmp-io"} for one in containers(svg).values())


def test_an_arrow_that_turned_round_is_drawn_both_ways() -> None:
    nowhere = [container("a"), container("b")]

    svg = compared(drawing(*nowhere, arrows=("a>b",)), drawing(*nowhere, arrows=("b>a",))).svg

    assert ways(svg) == {
        "a depends on b · added": "fmp-added fmp-way",
        "b depends on a · removed": "fmp-removed fmp-way",
    }


def test_the_comparison_is_the_same_each_time() -> None:
    pair = drawing(A, B, arrows=("a>b",)), incident()

    assert compared(*pair).svg == compared(*pair).svg
