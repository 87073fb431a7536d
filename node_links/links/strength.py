"""How strong a link is: the formula, and nothing else.

    frequency_bonus = clamp(interaction_frequency * 0.002, 0, 0.2)
    semantic_bonus  = clamp(semantic_similarity   * 0.3,   0, 0.3)
    context_bonus   = clamp(context_relevance     * 0.2,   0, 0.2)
    final_strength  = min(base_strength + the three bonuses, 1), half up to four places

Decimal arithmetic throughout: 0.5 + 0.1 + 0.15 is 0.75 and not a neighbour of it. There is no
decay, and the base is never changed, so that the same metrics twice give the same answer.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from math import isfinite

from config.exceptions import FieldError, ValidationFailed

PLACES = Decimal("0.0001")
# A double has 17 significant digits and the weights have three, so nothing is lost before the end.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_ZERO, _ONE = Decimal(0), Decimal(1)

FREQUENCY_WEIGHT, MOST_FREQUENCY = Decimal("0.002"), Decimal(100)
SEMANTIC_WEIGHT = Decimal("0.3")
CONTEXT_WEIGHT = Decimal("0.2")
METRICS = ("interaction_frequency", "semantic_similarity", "context_relevance")


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a link's strength is computed from; make it with `of`.

    `interaction_frequency` counts interactions, the other two go from 0 to 1. What lies outside is
    kept as it is and counts as the nearest bound.
    """

    interaction_frequency: Decimal
    semantic_similarity: Decimal
    context_relevance: Decimal

    @classmethod
    def of(
        cls,
        interaction_frequency: float | Decimal,
        semantic_similarity: float | Decimal,
        context_relevance: float | Decimal,
    ) -> "Metrics":
        """Return the metrics, each as the decimal that a JSON number of this value shows.

        Raises `ValidationFailed` (`invalid`) naming every one that is not a finite number, or is
        finite but more than a double holds (RFC 8259, section 6).
        """
        given = (interaction_frequency, semantic_similarity, context_relevance)
        numbers = dict(zip(METRICS, (float(value) for value in given), strict=True))
        errors = [
            FieldError(f"/{name}", "invalid", "A finite number is required.")
            for name, number in numbers.items()
            if not isfinite(number)
        ]
        if errors:
            raise ValidationFailed(errors=errors)
        return cls(**{name: Decimal(repr(number)) for name, number in numbers.items()})

    def as_floats(self) -> dict[str, float]:
        """Return the metrics by name, as they are stored and told."""
        return {name: float(getattr(self, name)) for name in METRICS}


@dataclass(frozen=True, slots=True)
class Strength:
    """A computed strength and what it is made of, each to four places, half up.

    `final_strength` is rounded once, at the end: where a bonus has more than four places it may
    differ from the sum of the rounded parts by the last digit.
    """

    base_strength: Decimal
    frequency_bonus: Decimal
    semantic_bonus: Decimal
    context_bonus: Decimal
    final_strength: Decimal


def compute_strength(base: Decimal, metrics: Metrics) -> Strength:
    """Return the strength of a link with this base (0..1) and these metrics.

    Raises `ValidationFailed` (`invalid`) for a base that is no finite number between 0 and 1.
    """
    if not base.is_finite() or not _ZERO <= base <= _ONE:
        raise ValidationFailed.of("/base_strength", "invalid", "A number from 0 to 1 is required.")
    with localcontext(_EXACT):
        frequency = _clamp(metrics.interaction_frequency, MOST_FREQUENCY) * FREQUENCY_WEIGHT
        semantic = _clamp(metrics.semantic_similarity, _ONE) * SEMANTIC_WEIGHT
        context = _clamp(metrics.context_relevance, _ONE) * CONTEXT_WEIGHT
        final = min(base + frequency + semantic + context, _ONE)
        return Strength(*(_rounded(part) for part in (base, frequency, semantic, context, final)))


def _clamp(value: Decimal, highest: Decimal) -> Decimal:
    return min(max(value, _ZERO), highest)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(PLACES)
