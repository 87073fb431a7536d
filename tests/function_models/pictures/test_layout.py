"""Where things stand: at the places where they were drawn, or in levels."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_models.pictures.arranging import arrange
from function_models.pictures.levels import level_numbers
from function_models.pictures.sketch import REMOVED, Arrow, Part, Sketch, make_sketch
from node_links.pictures.boxes import Box, around
from node_links.pictures.levels import stand_in_levels
from node_links.pictures.ways import find_ways
from tests.function_models.drawings import container, drawing, drawn, tether
from tests.function_models.pictures.examples import incident
from tests.function_models.pictures.reading import actions, apart, containers, picture


def placed(*places: tuple[float, float], arrows: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return stages `s0`, `s1` … at these places."""
    nodes = [container(f"s{n}") | {"position": {"x": x, "y": y}} for n, (x, y) in enumerate(places)]
    return drawing(*nodes, arrows=arrows)


def test_containers_stay_left_of_and_above_each_other_as_they_were_drawn() -> None:
    found = containers(picture(placed((0, 0), (250, 10), (0, 120), (260, 130))).svg)

    assert apart(found)
    assert found["s0"].x < found["s1"].x and found["s2"].x < found["s3"].x
    assert found["s0"].y < found["s2"].y and found["s1"].y < found["s3"].y


def test_containers_make_room_for_each_other_when_their_actions_make_them_grow() -> None:
    document = placed((0, 0), (0, 150), (300, 0))
    document["nodes"] += [tether(f"t{n}", "s0") for n in range(5)]

    found = containers(picture(document).svg)

    assert apart(found)
    assert found["s1"].y > found["s0"].y + found["s0"].height


@pytest.mark.parametrize(
    "places",
    [
        [(0, 0)] * 6,
        [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0)],
        [(0, 0), (9000, 50), (100, 9000), (400, 400), (9000, 9000), (4000, 8000)],
    ],
    ids=["all at one place", "far too near", "far too scattered"],
)
def test_positions_that_say_nothing_give_way_to_levels(places: list[tuple[float, float]]) -> None:
    chain = tuple(f"s{n}>s{n + 1}" for n in range(5))

    found = containers(picture(placed(*places, arrows=chain)).svg)

    assert apart(found)
    along = [(found[f"s{n}"].x, found[f"s{n}"].y) for n in range(6)]
    assert along == sorted(along)


def test_more_boxes_than_can_be_compared_are_not_placed_by_position() -> None:
    places = [(300.0 * n, 0.0) for n in range(1501)]

    assert arrange(places, [(200.0, 50.0)] * 1501, gap=(10, 10)) is None
    assert arrange(places[:1500], [(200.0, 50.0)] * 1500, gap=(10, 10)) is not None


def test_actions_stand_where_they_were_drawn_in_their_container() -> None:
    document = placed((0, 0))
    for number, (x, y) in enumerate([(10, 50), (180, 50), (10, 110)]):
        document["nodes"].append(tether(f"t{number}", "s0") | {"position": {"x": x, "y": y}})

    found = actions(picture(document).svg)

    assert apart(found)
    assert found["t0"].y == found["t1"].y < found["t2"].y
    assert found["t0"].x == found["t2"].x < found["t1"].x


def test_actions_all_at_one_place_stand_in_the_order_of_their_execution() -> None:
    document = placed((0, 0))
    orders = (3, 1, 2)
    document["nodes"] += [tether(f"t{n}", "s0", execution_order=n) for n in orders]

    found = actions(picture(document).svg)

    assert sorted(found, key=lambda name: (found[name].y, found[name].x)) == ["t1", "t2", "t3"]
    assert apart(found)


def test_many_actions_stand_in_several_columns() -> None:
    document = placed((0, 0), (0, 0))
    document["nodes"] += [tether(f"t{n:02}", "s0") for n in range(20)]

    svg = picture(document).svg

    assert apart(actions(svg))
    assert len({card.x for card in actions(svg).values()}) == 3


def test_levels_follow_dependencies() -> None:
    sketch = make_sketch(drawn(*(container(f"s{n}") for n in range(5)),
                               arrows=("s0>s1", "s1>s2", "s0>s2", "s3>s2")))  # fmt: skip

    assert level_numbers(sketch) == [0, 1, 2, 0, 0]


def test_what_was_removed_cannot_close_a_cycle() -> None:
    parts = [Part(node) for node in drawn(container("a"), container("b")).containers]
    sketch = Sketch(parts, {}, [Arrow(0, 1), Arrow(1, 0, change=REMOVED)])

    assert level_numbers(sketch) == [0, 1]


@pytest.mark.parametrize("down", [False, True])
def test_arrows_over_several_levels_pass_the_boxes_between(down: bool) -> None:
    chain = [Arrow(n, n + 1) for n in range(4)]
    parts = [Part(node) for node in drawn(*(container(f"s{n}") for n in range(5))).containers]
    sketch = Sketch(parts, {}, [*chain, Arrow(0, 4)])

    levels = level_numbers(sketch)
    found = stand_in_levels(sketch.arrows, [(200.0, 60.0)] * 5, levels, down=down, between=70)

    assert list(found.lanes) == [4]
    assert len(found.lanes[4]) == 3
    for lane in found.lanes[4]:
        assert all(
            lane.right <= box.left or lane.left >= box.right
            or lane.bottom <= box.top or lane.top >= box.bottom
            for box in found.boxes
        )  # fmt: skip


def test_containers_without_dependencies_stand_in_rows_below_the_others() -> None:
    document = drawing(*(container(f"s{n}") for n in range(20)), arrows=("s0>s1",))

    found = containers(picture(document).svg)

    assert apart(found)
    joined = max(found[name].y for name in ("s0", "s1"))
    assert all(found[f"s{n}"].y > joined for n in range(2, 20))
    assert len({found[f"s{n}"].y for n in range(2, 20)}) == 3


def test_an_arrow_goes_around_a_box_that_stands_in_its_way() -> None:
    boxes = [Box(100 + 300 * n, 50, 200, 60) for n in range(3)]

    straight, around_it = find_ways([Arrow(0, 1), Arrow(0, 2)], boxes)

    assert straight.hull.bottom <= 80
    leaves, arrives = around_it.path.split("C")[0], around_it.path.rsplit(" ", 2)[1:]
    assert leaves != straight.path.split("C")[0]
    assert around_it.hull.top < 20 or around_it.hull.bottom > 80
    assert arrives != []


@pytest.mark.parametrize(
    ("target", "start", "end"),
    [
        ((500, 50), (200.0, 50.0), (398.0, 50.0)),
        ((100, 300), (100.0, 80.0), (100.0, 268.0)),
        ((100, -300), (100.0, 20.0), (100.0, -268.0)),
        ((-500, 50), (0.0, 50.0), (-398.0, 50.0)),
    ],
    ids=["right", "below", "above", "left"],
)
def test_arrows_join_the_sides_that_face_each_other(
    target: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> None:
    (way,) = find_ways([Arrow(0, 1)], [Box(100, 50, 200, 60), Box(*target, 200, 60)])

    numbers = [float(one) for one in way.path.replace("M", "").replace("C", " ").split()]
    assert (numbers[0], numbers[1]) == start
    assert (numbers[-2], numbers[-1]) == end


def test_arrows_at_one_side_leave_apart_from_each_other() -> None:
    boxes = [Box(100, 100, 200, 90), *(Box(500, 100 * n, 200, 60) for n in range(3))]

    found = find_ways([Arrow(0, n) for n in (3, 1, 2)], boxes)

    starts = [float(way.path[1:].split("C")[0].split()[1]) for way in found]
    assert starts[1] < starts[2] < starts[0]


def test_a_picture_is_as_large_as_what_is_in_it() -> None:
    drawing_of_incident = picture(incident())
    boxes = [Box(one.x + one.width / 2, one.y + one.height / 2, one.width, one.height)
             for one in containers(drawing_of_incident.svg).values()]  # fmt: skip
    extent = around(boxes)

    assert extent.width < drawing_of_incident.width <= extent.width + 60
    assert extent.height < drawing_of_incident.height <= extent.height + 240


PLACES = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 150.0]) | st.floats(-10_000, 10_000),
              st.sampled_from([0.0, 1.0, 150.0]) | st.floats(-10_000, 10_000)),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(outer=PLACES, inner=PLACES)
def test_nothing_covers_anything_wherever_it_was_drawn(
    outer: list[tuple[float, float]], inner: list[tuple[float, float]]
) -> None:
    document = placed(*outer, arrows=tuple(f"s0>s{n}" for n in range(1, len(outer))))
    for number, (x, y) in enumerate(inner):
        document["nodes"].append(tether(f"t{number}", "s0") | {"position": {"x": x, "y": y}})

    svg = picture(document).svg

    assert apart(containers(svg))
    assert apart(actions(svg))
    assert "nan" not in svg
