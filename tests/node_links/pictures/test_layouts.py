"""Boxes stand where they can be read: in columns where they fit, else apart on a map."""

from itertools import combinations

from node_links.graph.subgraph import Subgraph
from node_links.pictures.boxes import Box, Layout
from node_links.pictures.labels import clean, shorten, text_width, wrap
from node_links.pictures.layered import MOST_IN_A_COLUMN, MOST_NODES, layered
from node_links.pictures.routes import route
from node_links.pictures.sketch import make_sketch
from node_links.pictures.spread import spread
from tests.node_links.pictures.graphs import link, node, star


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _columns(graph: Subgraph) -> dict[str, int]:
    sketch = make_sketch(graph)
    layout = layered(sketch)
    assert layout is not None
    assert layout.columns is not None
    return {n.name: column for n, column in zip(sketch.nodes, layout.columns, strict=True)}


def test_what_points_here_stands_left_and_what_is_pointed_at_right() -> None:
    root, left, right = node(1, "root"), node(2, "left", distance=1), node(3, "right", distance=1)
    further = node(4, "further", distance=2)
    links = [link(left, root), link(root, right), link(left, further)]

    assert _columns(Subgraph([root, left, right, further], links, truncated=False)) == {
        "root": 0, "left": -1, "right": 1, "further": -2,
    }  # fmt: skip


def test_nodes_are_ordered_so_that_lines_do_not_cross() -> None:
    root = node(1)
    near = [node(n, distance=1) for n in (2, 3, 4)]
    far = [node(n, distance=2) for n in (5, 6, 7)]
    links = [link(root, one) for one in near]
    links += [link(one, other) for one, other in zip(near, reversed(far), strict=True)]
    sketch = make_sketch(Subgraph([root, *near, *far], links, truncated=False))

    layout = layered(sketch)

    assert layout is not None
    heights = {n.name: box.y for n, box in zip(sketch.nodes, layout.boxes, strict=True)}
    for one, other in zip(near, reversed(far), strict=True):
        assert heights[one.name] == heights[other.name]


def test_columns_are_given_up_where_they_would_be_too_high_too_many_or_too_full() -> None:
    chain = [node(n + 1, distance=n) for n in range(6)]
    links = [link(one, other) for one, other in zip(chain, chain[1:], strict=False)]

    assert layered(make_sketch(star(2 * MOST_IN_A_COLUMN))) is not None
    assert layered(make_sketch(star(2 * MOST_IN_A_COLUMN + 1))) is None
    assert layered(make_sketch(star(MOST_NODES))) is None
    assert layered(make_sketch(Subgraph(chain, links, truncated=False))) is None
    assert layered(make_sketch(Subgraph(chain[:5], links[:4], truncated=False))) is not None


def test_no_two_boxes_overlap() -> None:
    for graph, lay in ((star(20), layered), (star(60), spread), (star(2), spread)):
        layout = lay(make_sketch(graph))
        assert layout is not None
        assert not [pair for pair in combinations(layout.boxes, 2) if _overlap(*pair)]


def test_a_lonely_node_has_a_place_on_a_map() -> None:
    (box,) = spread(make_sketch(star(0))).boxes

    assert (box.x, box.y) == (0.0, 0.0)


def test_links_end_at_the_edges_of_boxes_and_pass_beside_each_other() -> None:
    a, b, c = node(1), node(2, distance=1), node(3, distance=1)
    links = [link(a, b), link(a, b, "supports"), link(a, c), link(b, c)]
    sketch = make_sketch(Subgraph([a, b, c], links, truncated=False))
    layout = layered(sketch)
    assert layout is not None

    routes = route(sketch, layout)

    right = layout.boxes[0].right
    from_a = [r for arrow, r in zip(sketch.arrows, routes, strict=True) if arrow.source == 0]
    starts = [r.path[1:].split("C")[0].split() for r in from_a]
    assert {float(x) for x, _ in starts} == {right}
    assert len({y for _, y in starts}) == 3
    assert len({r.path for r in routes}) == 4


def test_several_links_between_two_shapes_bend_apart() -> None:
    a, b = node(1), node(2, distance=1)
    links = [link(a, b), link(a, b, "supports"), link(b, a, "nested")]
    sketch = make_sketch(Subgraph([a, b], links, truncated=False))

    middles = {
        (round(r.x), round(r.y))
        for r in route(sketch, Layout([Box(0, 0, 9, 9), Box(200, 0, 9, 9)]))
    }

    assert len(middles) == 3


def test_two_nodes_at_one_place_are_still_joined() -> None:
    sketch = make_sketch(star(1))

    (found,) = route(sketch, Layout([Box(0, 0, 9, 9), Box(0, 0, 9, 9)]))

    assert found.path.startswith("M")


def test_text_is_broken_at_spaces_and_inside_words_too_long_for_a_line() -> None:
    assert wrap("one two", width=999, size=10, lines=2) == ["one two"]
    assert wrap("alpha beta", width=text_width("alpha b", 10), size=10, lines=2) == [
        "alpha", "beta",
    ]  # fmt: skip
    first, second = wrap("x" * 100, width=100, size=10, lines=2)
    assert text_width(first, 10) <= 100
    assert second.endswith("…")
    assert wrap("", width=10, size=10, lines=2) == [""]


def test_wide_characters_take_more_room_and_marks_none() -> None:
    assert text_width("手順", 10) > text_width("ab", 10) > text_width("il", 10)
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("W", 10) > text_width("T", 10) > text_width("t", 10)
    assert shorten("short", 100, 10) == "short"
    assert clean(" a\n\tb ") == "a b"
