"""The risk of archiving, row by row."""

from typing import Any

import pytest

from node_links.graph.archive_risk import ArchiveRisk, Risk, assess_archive_risk

NOTHING = {"days_since_publication": None, "critical_links": 0, "links": 0, "nodes": 0}


def risk(**counts: Any) -> ArchiveRisk:
    return assess_archive_risk(**{**NOTHING, **counts})


def test_nothing_met_is_a_low_risk() -> None:
    assert risk(links=5, nodes=20) == ArchiveRisk(Risk.LOW, [])


@pytest.mark.parametrize(
    ("counts", "level", "reasons"),
    [
        ({"days_since_publication": 30}, Risk.MEDIUM, ["published"]),
        ({"days_since_publication": 29.9}, Risk.MEDIUM, ["published", "recently_published"]),
        ({"days_since_publication": 0}, Risk.MEDIUM, ["published", "recently_published"]),
        ({"critical_links": 1}, Risk.MEDIUM, ["critical_links"]),
        ({"critical_links": 3}, Risk.MEDIUM, ["critical_links"]),
        ({"critical_links": 4}, Risk.HIGH, ["critical_links", "many_critical_links"]),
        ({"links": 6}, Risk.MEDIUM, ["many_links"]),
        ({"links": 10}, Risk.MEDIUM, ["many_links"]),
        ({"links": 11}, Risk.HIGH, ["many_links", "very_many_links"]),
        ({"nodes": 21}, Risk.MEDIUM, ["many_nodes"]),
        ({"nodes": 50}, Risk.MEDIUM, ["many_nodes"]),
        ({"nodes": 51}, Risk.HIGH, ["many_nodes", "very_many_nodes"]),
    ],
)
def test_each_condition_has_its_limit(
    counts: dict[str, Any], level: Risk, reasons: list[str]
) -> None:
    assert risk(**counts) == ArchiveRisk(level, reasons)


def test_the_highest_condition_decides_and_all_are_told() -> None:
    found = risk(days_since_publication=100, links=7, nodes=60)

    assert found == ArchiveRisk(
        Risk.HIGH, ["published", "many_links", "many_nodes", "very_many_nodes"]
    )
