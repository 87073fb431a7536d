"""Values kept in the process: bounded in bytes and in time."""

from config.cache.nearby import OVERHEAD, Nearby


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def kept(nearby: Nearby) -> str:
    return "".join(name for name in "abcdefghij" if nearby.get(name) is not None)


def test_the_least_recently_used_go_first() -> None:
    nearby = Nearby(8 * (OVERHEAD + 10), 60)
    for name in "abcdefgh":
        nearby.put(name, b"x" * 10)
    assert kept(nearby) == "abcdefgh"

    nearby.get("a")
    nearby.put("i", b"y" * 10)

    assert kept(nearby) == "acdefghi"
    assert nearby.size == 8 * (OVERHEAD + 10)


def test_a_value_has_its_time() -> None:
    clock = Clock()
    nearby = Nearby(100_000, 60, clock=clock)
    nearby.put("a", b"1")
    clock.now += 59.9
    assert nearby.get("a") == b"1"
    clock.now += 0.1

    assert nearby.get("a") is None
    assert nearby.size == 0


def test_a_value_takes_the_place_of_the_one_before() -> None:
    nearby = Nearby(100_000, 60)
    nearby.put("a", b"12345")
    nearby.put("a", b"1")

    assert (nearby.get("a"), nearby.size) == (b"1", OVERHEAD + 1)


def test_what_would_push_out_most_of_the_others_is_not_kept() -> None:
    nearby = Nearby(8 * (OVERHEAD + 10), 60)

    nearby.put("a", b"x" * 11)
    Nearby(0, 60).put("b", b"")

    assert (nearby.get("a"), nearby.size) == (None, 0)


def test_nothing_is_left_after_clearing() -> None:
    nearby = Nearby(100_000, 60)
    nearby.put("a", b"1")

    nearby.clear()

    assert (nearby.get("a"), nearby.size) == (None, 0)
