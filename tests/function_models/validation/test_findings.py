"""Every finding: the drawing that earns it, and the clean one that does not."""

from typing import Any

import pytest

from function_models.validation import cross_feature
from function_models.validation.findings import Category, Findings
from function_models.validation.report import LEVELS, examine
from function_models.validation.subject import Nesting, Subject, Target
from tests.function_models.drawings import container, drawing, drawn, knowledge, tether
from tests.function_models.validation.subjects import (
    ARROWS,
    TARGETS,
    codes,
    spoiled,
    subject,
    with_node,
)

PERSONAL = {"data_classification": "personal"}
SHARED = {"external_sharing": True}
MANY = tuple(str(number) for number in range(12))


def stages(*ids: str) -> tuple[dict[str, Any], ...]:
    """Return stages with a goal each."""
    return tuple(container(known, stage_goals=["x"]) for known in ids)


def tethers(count: int, **data: Any) -> tuple[dict[str, Any], ...]:
    """Return tethers inside the stage `work`."""
    return tuple(
        tether(f"t{n}", "work", execution_order=n + 4, execution_triggers=["x"], **data)
        for n in range(count)
    )


def config(**values: Any) -> dict[str, Any]:
    """Return a tether's data with an integration."""
    return {"integration_config": values}


def test_a_clean_model_has_no_finding() -> None:
    report = examine(subject())

    assert codes(subject()) == set()
    assert (report.publishable, report.ready, report.overall_valid) == (True, True, True)


def test_an_empty_canvas_lacks_nodes_an_input_and_an_output() -> None:
    report = examine(subject({}, arrows=()))

    assert [finding.code for finding in report.blocking] == ["no_nodes", "no_input", "no_output"]


def test_one_node_may_be_input_and_output() -> None:
    both = container("io", "ioNode", boundary_type="input-output")

    assert codes(Subject(drawn(both))).isdisjoint({"no_input", "no_output"})


BLOCKING = {
    "duplicate_execution_order": subject(spoiled("read", execution_order=1)),
    "nested_cycle": subject(nesting=Nesting(cycle=("m", "n", "m"))),
    "nesting_too_deep": subject(nesting=Nesting(levels=11)),
    "dangling_reference": subject(targets={}),
    "version_unknown": subject(spoiled("read", kb_version="2.0.0")),
}
ERRORS = {
    "reference_not_live": subject(targets={**TARGETS, ("spindle", "t"): Target(live=False)}),
    "contract_mismatch": subject(
        with_node(container("other", "ioNode", boundary_type="output", description="x",
                            output_data_contract={"required": ["amount"]})),
        arrows=(*ARROWS, "in>other"),
    ),
    "restricted_data_crossing": subject(
        spoiled("run", metadata={"data_classification": "restricted"})
    ),
    "authentication_method_missing": subject(
        spoiled("run", **config(authentication={"required": True}))
    ),
    "critical_without_error_handling": subject(
        spoiled("run", priority=8, retry_policy={"max_attempts": 1})
    ),
    "condition_invalid": subject(spoiled("work", condition="inputs.who ==")),
    "undefined_input": subject(spoiled("work", condition="inputs.what == 1")),
    "memory_budget": subject(with_node(*tethers(33))),
    "cpu_budget": subject(with_node(*tethers(33))),
    "personal_data_unencrypted": subject(spoiled("run", metadata=PERSONAL)),
    "personal_data_without_consent": subject(
        spoiled("run", metadata={**PERSONAL, **SHARED, "encrypted": True})
    ),
    "external_sharing_unapproved": subject(spoiled("run", metadata=SHARED)),
    "external_endpoint_unscanned": subject(spoiled("run", **config(endpoint="https://x.example"))),
    "context_not_accessible": subject(
        with_node(*stages("side")) | spoiled("run", condition="context.nobody.x == 1")
    ),
    "used_before_definition": subject(spoiled("run", condition="steps.read.output == 1")),
    "duplicate_inheritance": subject(
        spoiled("sub", context_inheritance=dict.fromkeys(
            ("inherited_contexts", "isolated_contexts"), ["a"]))
    ),
    "circular_inheritance": subject(
        spoiled("sub", context_inheritance={"inherited_contexts": ["a"], "shared_contexts": ["a"]})
    ),
    "sensitive_value_exposed": subject(
        spoiled("run", execution_parameters={"a": "${{ context.work.api_key }}"},
                metadata={"security_scan": "completed"}, **config(endpoint="https://x.example"))
    ),
}  # fmt: skip
WARNINGS = {
    "no_stage": Subject(drawn(container("i", "ioNode"))),
    "stage_without_actions": subject(with_node(*stages("empty"))),
    "isolated_node": subject(with_node(*stages("empty"))),
    "unreachable_node": subject(with_node(*stages("empty"))),
    "order_gap": subject(spoiled("sub", execution_order=7)),
    "io_to_io": subject(arrows=(*ARROWS, "in>out")),
    "input_has_dependencies": subject(arrows=("work>in", "work>out")),
    "output_without_dependencies": subject(arrows=("in>work",)),
    "missing_contract": subject(spoiled("in", input_data_contract=None)),
    "missing_description": subject(spoiled("in", description="")),
    "long_chain": subject(
        with_node(*stages(*MANY)), arrows=tuple(f"{n}>{n + 1}" for n in range(11))
    ),
    "many_nodes": subject(with_node(*stages(*(f"s{n}" for n in range(45))))),
    "many_dependencies": subject(
        with_node(*stages(*MANY)), arrows=tuple(f"{n}>work" for n in range(11))
    ),
    "many_dependents": subject(
        with_node(*stages(*MANY)), arrows=tuple(f"work>{n}" for n in range(11))
    ),
    "many_leaves": subject(with_node(*stages("a", "b", "c"))),
    "kb_in_io": subject(with_node(knowledge("wrong", "in"))),
    "tether_in_output": subject(with_node(tether("wrong", "out"))),
    "stage_depends_on_output": subject(with_node(*stages("late")), arrows=(*ARROWS, "out>late")),
    "milestone_without_dependencies": subject(
        with_node(container("m", stage_type="milestone", stage_goals=["x"]))
    ),
    "high_concurrency": subject(spoiled("work", parallelism_config={"max_concurrency": 11})),
    "empty_goals": subject(spoiled("work", stage_goals=[])),
    "no_keywords": subject(spoiled("read", search_keywords=[])),
    "no_view_permission": subject(spoiled("read", access_permissions={})),
    "no_triggers": subject(spoiled("run", execution_triggers=[])),
    "reference_deprecated": subject(
        targets={**TARGETS, ("knowledge-base", "k"): Target(deprecated=True)}
    ),
    "basic_authentication": subject(spoiled("run", **config(authentication={"method": "Basic"}))),
    "timeout_too_short": subject(spoiled("run", timeout=149, estimated_duration=100)),
    "timeout_long": subject(spoiled("run", timeout=301)),
    "parallel_memory": subject(
        with_node(*tethers(2, execution_mode="parallel", resource_requirements={"memory": 8193}))
    ),
    "no_retry": subject(spoiled("run", retry_policy={"enabled": False})),
    "unknown_party": subject(spoiled("run", raci={"responsible": ["Nobody"]})),
    "owner_listed_twice": subject(permissions={"owner": "u", "editors": ["u"]}),
    "large_action": subject(spoiled("run", resource_requirements={"memory": 8193})),
    "no_parallelism": subject(with_node(*tethers(3))),
    "breaking_change_without_major": subject(
        content={"nodes_data": [], "edges_data": [], "metadata": {}},
        live_content={
            "nodes_data": drawing(container("s"))["nodes"], "edges_data": [], "metadata": {},
        },
    ),
    "context_redefined": subject(
        spoiled("sub", context={"a": 1}, context_inheritance={"inherited_contexts": ["a"]})
    ),
    "large_context": subject(spoiled("work", context={"a": "x" * 1_000_001})),
}  # fmt: skip


@pytest.mark.parametrize("code", BLOCKING)
def test_some_findings_block_publication(code: str) -> None:
    report = examine(BLOCKING[code])

    assert code in {finding.code for finding in report.blocking}
    assert (report.publishable, report.ready) == (False, False)


@pytest.mark.parametrize("code", ERRORS)
def test_some_findings_say_that_a_run_would_go_wrong(code: str) -> None:
    report = examine(ERRORS[code])

    errors = {error.code for found in report.found.values() for error in found.errors}
    assert code in errors
    assert code not in {finding.code for finding in report.blocking}
    assert report.ready is False


@pytest.mark.parametrize("code", WARNINGS)
def test_some_findings_only_warn(code: str) -> None:
    report = examine(WARNINGS[code])

    assert code in {warning.code for warning in report.warnings}
    errors = {error.code for found in report.found.values() for error in found.errors}
    assert code not in errors


@pytest.mark.parametrize(
    "innocent",
    [
        subject(with_node(*tethers(31))),
        subject(spoiled("run", timeout=150, estimated_duration=100)),
        subject(spoiled("run", condition="inputs.who == 'x' && steps['in'].output != null")),
        subject(spoiled("read", kb_version="1.0.0")),
        subject(spoiled("sub", condition="context.read.x == 1")),
        subject(nesting=Nesting(levels=10)),
    ],
    ids=["31 more tethers", "time enough", "upstream", "known version", "sibling", "ten levels"],
)
def test_what_is_just_inside_the_rule_is_no_error(innocent: Subject) -> None:
    assert examine(innocent).ready is True


def test_a_level_tells_its_own_category_and_still_knows_what_blocks() -> None:
    report = examine(subject({}, arrows=()), "business_rules")

    assert report.overall_valid is True
    assert report.publishable is False
    assert report.asked == {"business_rules"}
    assert set(LEVELS) == {"structural", "cross_feature", "execution_readiness",
                           "business_rules", "context", "full"}  # fmt: skip


def test_a_finding_names_the_node_and_the_field() -> None:
    (finding,) = examine(BLOCKING["version_unknown"]).blocking

    assert finding.as_dict() == {
        "code": "version_unknown",
        "message": "It has no version 2.0.0.",
        "node_id": "read",
        "field": "kb_version",
        "blocks_publish": True,
    }


def test_a_check_that_breaks_is_told_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_: Subject, __: Findings) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(cross_feature.check_contracts, "__code__", explode.__code__)

    report = examine(subject(targets={}))

    failed = [e for e in report.found[Category.CROSS_FEATURE].errors if e.code == "check_failed"]
    assert [error.message for error in failed] == ["check_contracts could not be made."]
    assert "dangling_reference" in {finding.code for finding in report.blocking}
