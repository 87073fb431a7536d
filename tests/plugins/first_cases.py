"""Measures the coverage of the first case of each test only, which says less than there is.

Tracing nearly doubles what a test costs, and the further cases of a parametrised test go the way of
its first one: what they reach besides is left out of the figure, so the figure is a lower bound.
"""

from collections.abc import Generator

import pytest
from coverage import Coverage

_first: dict[str, str] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note the first case of each test; every worker collects the same ones."""
    for item in items:
        _first.setdefault(_test_of(item), item.nodeid)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop measuring while a further case runs."""
    measured = Coverage.current()
    if measured is None or _first[_test_of(item)] == item.nodeid:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def _test_of(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]
