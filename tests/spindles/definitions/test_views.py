"""The two views of a definition, whatever it says: one leads to the other and back."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spindles.definitions.changes import changes_between
from spindles.definitions.definition import Definition
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.listing import draw_steps, parse_steps
from spindles.definitions.rewriting import rewrite
from tests.spindles.definitions.writing import gate, step

IDS = ["a", "b-1", "c_2", "D", "e"]


@st.composite
def lists_of_steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return steps in any order, each depending on some that come earlier in another order."""
    chosen = draw(st.permutations(IDS))[: draw(st.integers(0, len(IDS)))]
    gates = draw(st.sets(st.sampled_from(IDS)))
    steps = []
    for place, known in enumerate(chosen):
        before = draw(st.lists(st.sampled_from(chosen[:place]), unique=True)) if place else []
        waits = [
            f"{one}:{draw(st.sampled_from(['yes', 'no']))}"
            if one in gates and draw(st.booleans())
            else one
            for one in before
        ]
        priority = draw(st.integers(1, 10))
        made = gate(known, *waits) if known in gates else step(known, *waits)
        steps.append({**made, "priority": priority})
    return draw(st.permutations(steps))


@given(lists_of_steps())
def test_steps_that_are_drawn_read_as_they_were_written(steps: list[dict[str, Any]]) -> None:
    written = [one.as_dict() for one in parse_steps(steps)]

    drawn = parse_drawing(draw_steps(Definition(), parse_steps(steps)))

    assert [one.as_dict() for one in drawn.steps] == written
    stored = parse_drawing(drawn.as_document(), stored=True)
    assert stored == drawn


@given(lists_of_steps(), lists_of_steps())
def test_a_second_write_leaves_what_it_says_and_no_more(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    before = rewrite(Definition(), {"steps": first})
    after = rewrite(before, {"steps": second})

    assert [one.as_dict() for one in after.steps] == [one.as_dict() for one in parse_steps(second)]
    ids = {node.id for node in after.nodes}
    assert all({edge.source, edge.target} <= ids for edge in after.edges)
    assert len({edge.id for edge in after.edges}) == len(after.edges)
    kept = {node.id: node.position for node in before.nodes}
    assert all(kept.get(node.id, node.position) == node.position for node in after.nodes)


@given(lists_of_steps())
def test_what_was_read_changes_nothing_when_it_is_written(steps: list[dict[str, Any]]) -> None:
    drawn = rewrite(Definition(), {"steps": steps})
    listed = [one.as_dict() for one in drawn.steps]

    for views in ({"steps": listed}, {"canvas": drawn.as_document()}):
        assert changes_between(drawn, rewrite(drawn, views)) == {}


def test_edges_that_lead_the_same_way_by_other_handles_are_one_dependency() -> None:
    nodes = [
        {"id": known, "type": "actionNode", "position": {"x": 0, "y": 0}, "data": {"kind": "noop"}}
        for known in "ab"
    ]
    edges = [
        {"id": f"e{index}", "source": "a", "target": "b", "targetHandle": handle}
        for index, handle in enumerate(("left", "right"))
    ]
    drawn = parse_drawing({"nodes": nodes, "edges": edges})

    assert drawn.steps[1].depends_on == ["a"]
    listed = [one.as_dict() for one in drawn.steps]
    assert rewrite(drawn, {"steps": listed}).edges == drawn.edges


def test_a_new_edge_takes_no_id_that_is_there_already() -> None:
    nodes = [
        {"id": known, "type": "actionNode", "position": {"x": 0, "y": 0}, "data": {"kind": "noop"}}
        for known in "abc"
    ]
    taken = {"id": "b->c", "source": "a", "target": "c"}
    drawn = parse_drawing({"nodes": nodes, "edges": [taken]})
    steps = [step("a"), step("b"), step("c", "b", "a")]

    after = rewrite(drawn, {"steps": steps})

    assert len({edge.id for edge in after.edges}) == 2
    pairs = itertools.pairwise(sorted(edge.source for edge in after.edges))
    assert list(pairs) == [("a", "b")]


def test_a_thousand_steps_are_drawn_inside_the_plane() -> None:
    chain = [step("s0"), *(step(f"s{n}", f"s{n - 1}") for n in range(1, 1000))]
    lone = [step(f"s{n}") for n in range(1000)]

    for steps in (chain, lone):
        drawn = rewrite(Definition(), {"steps": steps})
        places = {(node.position.x, node.position.y) for node in drawn.nodes}
        assert len(places) == 1000
        assert max(max(place) for place in places) <= 10_000
