"""Times as words, and moments as places on an axis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spindles.pictures.durations import in_words
from spindles.pictures.scale import CUT, make_scale

SECONDS = st.integers(1, 10_000_000).map(float)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"), (0.0004, "0 ms"), (0.25, "250 ms"), (0.9996, "1 s"), (1, "1 s"),
        (1.24, "1.2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.7, "1 min"), (192, "3 min 12 s"),
        (3599.8, "1 h"), (7500, "2 h 5 min"), (86_399, "1 d"), (275_000, "3 d 4 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_places_are_proportional_to_time() -> None:
    scale = make_scale(10, [(0, 10)], left=100, right=300)

    assert [scale.x(seconds) for seconds in (0, 2.5, 10)] == [100, 150, 300]


def test_moments_outside_lie_at_the_ends() -> None:
    scale = make_scale(10, [(0, 10)], left=100, right=300)

    assert (scale.x(-3), scale.x(11)) == (100, 300)


def test_a_long_time_without_work_is_passed_over() -> None:
    day = 86_400.0
    scale = make_scale(day + 4, [(0, 2), (day + 2, day + 4)], left=0, right=846)

    (cut,) = [piece for piece in scale.pieces if piece.cut]
    assert cut.right - cut.left == pytest.approx(CUT)
    assert cut.end - cut.begin > day - 1
    # What is left is drawn to one scale on both sides.
    assert scale.x(2) - scale.x(0) == pytest.approx(scale.x(day + 4) - scale.x(day + 2), rel=1e-6)
    assert scale.x(2) - scale.x(0) > 300


def test_a_short_wait_is_not_passed_over() -> None:
    scale = make_scale(5, [(0, 1), (4, 5)], left=0, right=500)

    assert [piece.cut for piece in scale.pieces] == [False]


def test_where_nothing_was_at_work_nothing_is_passed_over() -> None:
    assert [piece.cut for piece in make_scale(1e6, [], left=0, right=500).pieces] == [False]


def test_ticks_stand_at_round_moments() -> None:
    scale = make_scale(10, [(0, 10)], left=0, right=500)

    assert [tick.label for tick in scale.ticks()] == ["0", "2 s", "4 s", "6 s", "8 s", "10 s"]


def test_ticks_behind_a_cut_say_how_much_later() -> None:
    scale = make_scale(86_406, [(0, 3), (86_403, 86_406)], left=0, right=700)

    labels = [tick.label for tick in scale.ticks()]

    assert labels[0] == "0"
    assert labels[labels.index("1 d") + 1] == "+1 s"


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=12), SECONDS)
def test_the_axis_is_whole_and_never_runs_backwards(
    spans: list[tuple[float, float]], length: float
) -> None:
    busy = [(min(a, b), max(a, b)) for a, b in spans if max(a, b) <= length]

    scale = make_scale(length, busy, left=200, right=850)

    places = [scale.x(length * share / 50) for share in range(51)]
    assert places == sorted(places)
    assert places[0] == pytest.approx(200)
    assert places[-1] == pytest.approx(850)
    assert all(piece.right >= piece.left for piece in scale.pieces)
