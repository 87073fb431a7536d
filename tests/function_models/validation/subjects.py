"""A model without a single finding, and ways to spoil it."""

from typing import Any

from function_models.validation.report import examine
from function_models.validation.subject import Subject, Target
from tests.function_models.drawings import container, drawn, knowledge, nested, tether

Node = dict[str, Any]
LIVE = Target(versions=frozenset({"1.0.0"}))
TARGETS = {
    ("spindle", "t"): LIVE,
    ("knowledge-base", "k"): LIVE,
    ("function-model", "m"): LIVE,
}
CONTRACT = {"type": "object", "properties": {"who": {"type": "string"}}}


def clean_nodes() -> dict[str, Node]:
    """Return the nodes of a model that nothing is wrong with, by id."""
    nodes = [
        container("in", "ioNode", description="What happened.", input_data_contract=CONTRACT),
        container("work", stage_goals=["Done."]),
        container("out", "ioNode", boundary_type="output", description="What was done.",
                  output_data_contract=CONTRACT),
        tether("run", "work", execution_order=1, execution_triggers=["start"]),
        knowledge("read", "work", execution_order=2, search_keywords=["pump"],
                  access_permissions={"view": ["all"]}),
        nested("sub", "work", execution_order=3),
    ]  # fmt: skip
    return {node["id"]: node for node in nodes}


ARROWS = ("in>work", "work>out")


def subject(
    nodes: dict[str, Node] | None = None, *, arrows: tuple[str, ...] = ARROWS, **known: Any
) -> Subject:
    """Return a model to be checked, the clean one by default."""
    canvas = drawn(*(clean_nodes() if nodes is None else nodes).values(), arrows=arrows)
    return Subject(canvas, **{"targets": TARGETS, **known})


def spoiled(node_id: str, **data: Any) -> dict[str, Node]:
    """Return the clean nodes with other `data` on one of them."""
    nodes = clean_nodes()
    nodes[node_id]["data"] |= data
    return nodes


def with_node(*added: Node) -> dict[str, Node]:
    """Return the clean nodes and some more."""
    return clean_nodes() | {node["id"]: node for node in added}


def codes(checked: Subject) -> set[str]:
    """Return the codes of all findings."""
    report = examine(checked)
    return {
        finding.code
        for findings in report.found.values()
        for finding in [*findings.errors, *findings.warnings]
    }
