"""Which types join which features."""

from itertools import product

import pytest

from node_links.choices import DEFAULT_LINK_TYPES, FeatureType
from node_links.links.compatibility import ALLOWED, allows, pairs_allow

NAMES = [kind.name for kind in DEFAULT_LINK_TYPES]
FM, KB, ES, SP = "function-model", "knowledge-base", "event-storm", "spindle"


@pytest.mark.parametrize(
    ("pair", "allowed"),
    [((FM, KB), {"documents", "references", "supports"}),
     ((FM, SP), {"implements", "triggers", "consumes", "produces"}),
     ((FM, ES), {"triggers", "consumes", "produces"}),
     ((KB, SP), {"documents", "supports"}),
     ((KB, ES), {"documents", "references"}),
     ((SP, ES), {"triggers", "consumes", "produces"})],
)  # fmt: skip
def test_a_pair_allows_its_types_in_either_direction(
    pair: tuple[str, str], allowed: set[str]
) -> None:
    for source, target in (pair, pair[::-1]):
        assert {name for name in NAMES if allows(name, source, target)} == allowed


@pytest.mark.parametrize("feature", FeatureType.values)
def test_inside_a_feature_every_type_is_allowed(feature: str) -> None:
    assert all(allows(name, feature, feature) for name in NAMES)


def test_every_pair_of_features_has_its_row() -> None:
    pairs = {
        frozenset(pair) for pair in product(FeatureType.values, repeat=2) if len(set(pair)) > 1
    }
    assert ALLOWED.keys() == pairs


def test_pairs_of_an_own_type_count_in_either_direction() -> None:
    assert pairs_allow([], FM, KB)
    assert pairs_allow([[FM, KB]], FM, KB)
    assert pairs_allow([[FM, KB]], KB, FM)
    assert not pairs_allow([[FM, KB]], KB, KB)
    assert pairs_allow([[FM, FM]], FM, FM)
    assert not pairs_allow([[FM, FM]], FM, KB)
