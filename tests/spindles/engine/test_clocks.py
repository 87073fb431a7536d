"""Leases are judged by one clock: the database's."""

import ast
from pathlib import Path

import pytest

import spindles.engine as engine

MODULES = sorted(Path(engine.__file__).parent.glob("*.py"))
LOCAL = {"time", "time_ns", "now", "utcnow", "today", "localtime"}
# What is measured here, not compared with what others wrote; and the moment of a line in the log.
ALLOWED = {"outside.py": {"now"}}


def calls(module: Path) -> set[str]:
    """Return the names of the methods and functions that a module calls."""
    nodes = ast.walk(ast.parse(module.read_text()))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in functions
        if isinstance(one, ast.Attribute | ast.Name)
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_module_of_the_engine_asks_its_own_clock(module: Path) -> None:
    assert calls(module) & LOCAL == ALLOWED.get(module.name, set())
