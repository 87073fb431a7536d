"""Maximum matchings of bipartite graphs."""

from collections.abc import Sequence


def maximum_matching(neighbours: Sequence[int]) -> int:
    """Return how many pairs a maximum matching has.

    `neighbours[i]` is a set of places on the right, as bits, that place `i` on the left may be
    paired with. Augmenting paths (Berge 1957); sets are integers, so that a thousand places are
    looked at in one operation.
    """
    left_of: dict[int, int] = {}
    right_of: dict[int, int] = {}
    free = -1
    pairs = 0
    for start in range(len(neighbours)):
        reached_from: dict[int, int] = {}
        unseen, queue, end = -1, [start], -1
        while queue and end < 0:
            left = queue.pop()
            open_ends = neighbours[left] & unseen
            if open_ends & free:
                end = _lowest(open_ends & free)
                reached_from[end] = left
                break
            unseen &= ~open_ends
            while open_ends:
                right = _lowest(open_ends)
                open_ends &= open_ends - 1
                reached_from[right] = left
                queue.append(left_of[right])
        if end < 0:
            continue
        free &= ~(1 << end)
        pairs += 1
        _turn(left_of, right_of, reached_from, end)
    return pairs


def _turn(
    left_of: dict[int, int],
    right_of: dict[int, int],
    reached_from: dict[int, int],
    end: int,
) -> None:
    """Pair anew along the path that was found, from its end back to where it began."""
    right: int | None = end
    while right is not None:
        left = reached_from[right]
        before = right_of.get(left)
        left_of[right], right_of[left] = left, right
        right = before


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
