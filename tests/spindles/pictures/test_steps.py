"""Steps as boxes in levels, without and with the states of a run."""

from itertools import combinations

from spindles.pictures.states import StepState
from spindles.pictures.steps import DrawnStep, Edge, draw_steps, plan_drawing
from spindles.plans.plan import Plan, Step
from tests.node_links.pictures.graphs import SVG, parse, texts
from tests.spindles.pictures.reading import legend, step_signs, ways
from tests.spindles.stored import chain


def steps(*ids: str, kind: str = "noop") -> list[DrawnStep]:
    return [DrawnStep(known, known.upper(), kind) for known in ids]


DIAMOND = [Edge("a", "b"), Edge("a", "c"), Edge("b", "d"), Edge("c", "d")]


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of each step."""
    found = []
    for group in parse(svg).iter(f"{SVG}g"):
        if "spp-step" in group.get("class", ""):
            x, y = group.attrib["transform"][10:-1].split()
            card = group.find(f"{SVG}rect")
            assert card is not None
            left, top = float(x), float(y)
            found.append((left, top, left + float(card.attrib["width"]),
                          top + float(card.attrib["height"])))  # fmt: skip
    return found


def test_every_step_and_edge_is_drawn_once_and_nothing_overlaps() -> None:
    svg = draw_steps(steps("a", "b", "c", "d"), [*DIAMOND, Edge("a", "b")]).svg

    assert list(step_signs(svg)) == ["A", "B", "C", "D"]
    assert list(ways(svg)) == [
        "B waits for A", "C waits for A", "D waits for B", "D waits for C",
    ]  # fmt: skip
    assert not any(
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
        for one, other in combinations(boxes(svg), 2)
    )


def test_edges_that_lead_nowhere_or_to_themselves_are_left_out() -> None:
    svg = draw_steps(steps("a"), [Edge("a", "a"), Edge("gone", "a"), Edge("a", "gone")]).svg

    assert ways(svg) == {}


def test_a_label_stands_on_its_edge() -> None:
    svg = draw_steps(steps("a", "b"), [Edge("a", "b", "severe")]).svg

    assert "severe" in texts(svg)
    assert list(ways(svg)) == ["B waits for A · severe"]


def test_the_shape_tells_the_kind_and_the_legend_the_shapes_that_are_there() -> None:
    svg = draw_steps([*steps("a", kind="http_request"), *steps("b", kind="of_a_plugin")], []).svg

    assert step_signs(svg) == {"A": "spp-http", "B": "spp-other"}
    assert legend(svg) == ["HTTP request", "Step"]


def test_a_run_shows_the_state_of_each_step_and_the_way_it_took() -> None:
    states = {
        "a": StepState("completed", "1.2 s"), "b": StepState("failed"),
        "c": StepState("skipped", "its condition was false"),
    }  # fmt: skip

    svg = draw_steps(steps("a", "b", "c", "d"), DIAMOND, states).svg

    assert step_signs(svg) == {
        "A": "rnp-completed", "B": "rnp-failed", "C": "rnp-skipped", "D": "rnp-pending",
    }  # fmt: skip
    assert ways(svg) == {
        "B waits for A": True, "C waits for A": False, "D waits for B": False,
        "D waits for C": False,
    }  # fmt: skip
    assert legend(svg) == ["No operation", "Completed", "Failed", "Skipped"]
    assert "1.2 s" in texts(svg)
    assert "its condition was false" in texts(svg)


def test_without_steps_it_says_so() -> None:
    assert "There are no steps yet." in texts(draw_steps([], []).svg)


def test_hostile_names_are_words_and_nothing_else() -> None:
    name = "<script>&\"'\x00\u202e"
    svg = draw_steps([DrawnStep("a", name, name, name)], [], {"a": StepState("failed", name)},
                     heading=name, summary=name).svg  # fmt: skip

    assert "<script" not in svg
    assert "\x00" not in svg
    assert "\u202e" not in svg


def test_a_plan_is_drawn_as_it_depends() -> None:
    drawn, edges = plan_drawing(chain("fetch", "score", "tell"))

    assert [step.name for step in drawn] == ["Fetch", "Score", "Tell"]
    assert edges == [Edge("fetch", "score"), Edge("score", "tell")]


def test_steps_that_hold_a_plan_together_are_bridged() -> None:
    plan = Plan(
        steps=(
            Step(id="s#open", kind="container_open", name="S", internal=True),
            Step(id="a", kind="noop", name="A", depends_on=("s#open",)),
            Step(id="b", kind="noop", name="B", depends_on=("s#open", "a")),
            Step(id="s", kind="container_close", name="S", depends_on=("s#open", "a", "b")),
            Step(id="t#open", kind="container_open", name="T", depends_on=("s",), internal=True),
            Step(id="c", kind="noop", name="C", depends_on=("t#open",), inactive=True),
        )
    )

    drawn, edges = plan_drawing(plan)

    assert [step.id for step in drawn] == ["a", "b", "s", "c"]
    assert drawn[-1].note == "inactive"
    assert edges == [Edge("a", "b"), Edge("b", "s"), Edge("s", "c")]
