"""The formula of a link's strength: every documented row, and what holds for all inputs."""

from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.exceptions import ValidationFailed
from node_links.links.strength import Metrics, compute_strength

ROWS = [
    ("0.3", (50, 0.8, 0.6), ("0.1", "0.24", "0.12"), "0.76"),
    ("0.5", (100, 1, 1), ("0.2", "0.3", "0.2"), "1"),
    ("0.5", (50, 0.5, 0.25), ("0.1", "0.15", "0.05"), "0.8"),
    ("0.0", (0, 0, 0), ("0", "0", "0"), "0"),
    ("0.5", (1000, 2, 5), ("0.2", "0.3", "0.2"), "1"),
    ("0.5", (-10, -0.5, -1), ("0", "0", "0"), "0.5"),
    ("0.5", (1, 0.1, 0.1), ("0.002", "0.03", "0.02"), "0.552"),
    ("0.9", (0, 1, 0), ("0", "0.3", "0"), "1"),
]
# A machine that is busy with other tests must not fail these.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
bases = st.decimals(0, 1, places=4)
numbers = st.floats(allow_nan=False, allow_infinity=False)
metrics = st.builds(Metrics.of, numbers, numbers, numbers)


@pytest.mark.parametrize(("base", "given", "bonuses", "final"), ROWS)
def test_every_documented_row_comes_out_exactly(
    base: str, given: tuple[float, float, float], bonuses: tuple[str, str, str], final: str
) -> None:
    found = compute_strength(Decimal(base), Metrics.of(*given))

    assert found.base_strength == Decimal(base)
    assert (found.frequency_bonus, found.semantic_bonus, found.context_bonus) == tuple(
        Decimal(bonus) for bonus in bonuses
    )
    assert found.final_strength == Decimal(final)
    assert compute_strength(Decimal(base), Metrics.of(*given)) == found


def test_half_of_the_fourth_place_goes_up() -> None:
    # 0.00025 * 0.2 is exactly 0.00005.
    assert compute_strength(Decimal("0.1"), Metrics.of(0, 0, 0.00025)).final_strength == Decimal(
        "0.1001"
    )
    below = compute_strength(Decimal("0.1"), Metrics.of(0, 0, 0.0002499))
    assert below.final_strength == Decimal("0.1000")


def test_the_sum_is_rounded_once() -> None:
    # Three times 0.00004: each part shows as 0, together they are 0.00012.
    found = compute_strength(Decimal(0), Metrics.of(0.02, 0.00004 / 0.3, 0.0002))

    assert {found.frequency_bonus, found.semantic_bonus, found.context_bonus} == {Decimal(0)}
    assert found.final_strength == Decimal("0.0001")


@unhurried
@given(bases, metrics)
def test_a_strength_is_between_its_base_and_one(base: Decimal, given: Metrics) -> None:
    found = compute_strength(base, given)

    assert base <= found.final_strength <= 1
    assert found.base_strength == base
    assert found.final_strength.as_tuple().exponent == -4


@unhurried
@given(bases, numbers, numbers, numbers)
def test_it_is_the_formula_over_exact_fractions(
    base: Decimal, frequency: float, similarity: float, relevance: float
) -> None:
    def part(value: float, weight: str, most: str) -> Fraction:
        product = Fraction(repr(value)) * Fraction(weight)
        return min(max(product, Fraction(0)), Fraction(most))

    exact = min(
        Fraction(base)
        + part(frequency, "0.002", "0.2")
        + part(similarity, "0.3", "0.3")
        + part(relevance, "0.2", "0.2"),
        Fraction(1),
    )
    # Half up, in whole ten-thousandths; a subnormal number may lie below what decides.
    wanted = (exact * 10000 + Fraction(1, 2)).__floor__()

    found = compute_strength(base, Metrics.of(frequency, similarity, relevance))

    assert found.final_strength * 10000 == wanted


@unhurried
@given(bases, metrics, st.floats(0, 1000))
def test_more_interaction_never_weakens(base: Decimal, given: Metrics, more: float) -> None:
    stronger = Metrics.of(
        float(given.interaction_frequency) + more,
        given.semantic_similarity,
        given.context_relevance,
    )

    assert (
        compute_strength(base, stronger).final_strength
        >= compute_strength(base, given).final_strength
    )


def test_every_metric_that_is_no_finite_number_is_named() -> None:
    with pytest.raises(ValidationFailed) as refusal:
        Metrics.of(nan, 0.5, Decimal("1e400"))

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/interaction_frequency", "invalid"),
        ("/context_relevance", "invalid"),
    ]
    with pytest.raises(ValidationFailed):
        Metrics.of(0, -inf, 0)


@pytest.mark.parametrize("base", ["1.01", "-0.0001", "NaN", "Infinity", "-Infinity"])
def test_a_base_outside_of_its_range_is_refused(base: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        compute_strength(Decimal(base), Metrics.of(0, 0, 0))

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/base_strength", "invalid")
    ]
