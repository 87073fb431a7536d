"""Who sees whose context: the table, scopes, windows, and keys that are nobody else's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from function_models.canvas.policies import ContextWindow
from function_models.context_access.access import Level, NodeContext, decide, listed
from function_models.context_access.hierarchy import ROOT, Hierarchy, Relation
from function_models.context_access.propagation import (
    PropertyRule,
    initial_context,
    merge_contexts,
    propagate,
    visible_data,
)
from function_models.context_access.sensitive import is_sensitive
from tests.function_models.drawings import container, drawn, tether

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# root -> s (a, b), t (c); `deep` hangs below a, as a nested model's root does.
TREE = Hierarchy(
    {**Hierarchy.of(drawn(container("s"), container("t"), tether("a", "s"), tether("b", "s"),
                          tether("c", "t"))).parents, "deep": "a", "deeper": "deep"}
)  # fmt: skip


def ask(requester: str, target: str, wanted: Level = Level.READ, **more: Any) -> Any:
    """Ask for `target`'s context, which holds something plain and something secret."""
    fields = {"data": {"plain": 1, "api_key": 2}, **more.pop("fields", {})}
    context = NodeContext(target, **fields)
    return decide(TREE, requester=requester, target=context, wanted=wanted, now=NOW, **more)


@pytest.mark.parametrize(
    ("requester", "target", "relation", "level"),
    [
        ("a", "a", "self", "write"),
        ("s", "a", "parent", "write"),
        (ROOT, "deeper", "ancestor", "write"),
        ("a", "s", "child", "read"),
        ("deeper", ROOT, "descendant", "read"),
        ("a", "b", "sibling", "read"),
        ("s", "t", "sibling", "read"),
        ("a", "t", "nephew", "read"),
        ("t", "a", "none", None),
        ("a", "c", "none", None),
        ("deep", "c", "none", None),
    ],
)
def test_the_relation_decides_the_level(
    requester: str, target: str, relation: str, level: str | None
) -> None:
    decision = ask(requester, target)

    assert decision.relation == relation
    assert decision.access_level == level
    assert decision.access_granted is (level is not None)
    above = {"write": ["execute"], "read": ["write", "execute"]}
    assert decision.restricted_operations == above.get(level or "", ["read", "write", "execute"])
    assert decision.denial_reason == (None if level else "no_relation")


def test_a_level_that_is_not_held_is_denied_before_any_property_is_looked_at() -> None:
    decision = ask("a", "b", Level.WRITE, properties=["plain"])

    assert (decision.access_granted, decision.denial_reason) == (False, "level_not_held")
    assert decision.data == {}
    assert decision.granted_properties == []


def test_nobody_executes_through_the_hierarchy() -> None:
    assert ask("a", "a", Level.EXECUTE).access_granted is False
    assert ask(ROOT, "a", Level.EXECUTE).access_granted is False


def test_secret_keys_are_shown_to_the_node_and_those_above_it_only() -> None:
    fields = {"data": {"plain": {"token": 1, "x": [{"Password": 1, "y": 2}]}, "API-Keys": 2}}

    assert ask("s", "a", fields=fields).data == fields["data"]
    seen = ask("b", "a", fields=fields)
    assert seen.data == {"plain": {"x": [{"y": 2}]}}
    assert seen.granted_properties == ["plain"]
    assert seen.restricted_properties == ["API-Keys"]


@pytest.mark.parametrize(
    ("key", "secret"),
    [("private_data", True), ("X-Api-Key", True), ("PASSWORD_HASH", True), ("monkeys", True),
     ("credentials", True), ("name", False), ("key", False)],
)  # fmt: skip
def test_a_key_is_secret_by_its_name(key: str, secret: bool) -> None:
    assert is_sensitive(key) is secret


def test_only_the_properties_asked_for_are_answered() -> None:
    decision = ask("b", "a", properties=["plain", "api_key", "missing"])

    assert decision.data == {"plain": 1}
    assert decision.restricted_properties == ["api_key"]


def test_an_isolated_context_is_the_nodes_own() -> None:
    fields = {"scope": "isolated"}

    assert ask("a", "a", fields=fields).access_granted is True
    for requester in ("s", ROOT, "b"):
        decision = ask(requester, "a", fields=fields)
        assert (decision.access_granted, decision.denial_reason) == (False, "isolated")


def test_a_global_context_is_read_by_all_and_written_from_above() -> None:
    fields = {"scope": "global"}

    assert ask("c", "a", fields=fields).access_granted is True
    assert ask("c", "a", Level.WRITE, fields=fields).access_granted is False
    assert ask("s", "a", Level.WRITE, fields=fields).access_granted is True


@pytest.mark.parametrize(
    ("begins", "ends", "granted"),
    [
        ("2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z", True),
        ("2026-03-01T00:00:00Z", None, True),
        (None, "2026-03-01T00:00:00Z", True),
        ("2026-03-01T00:00:01Z", None, False),
        (None, "2026-02-28T23:59:59Z", False),
    ],
)
def test_a_window_lets_others_in_while_it_is_open(
    begins: str | None, ends: str | None, granted: bool
) -> None:
    fields = {"window": ContextWindow(valid_from=begins, valid_until=ends)}

    decision = ask("b", "a", fields=fields)

    assert decision.access_granted is granted
    assert decision.denial_reason == (None if granted else "outside_window")
    assert ask("a", "a", fields=fields).access_granted is True
    assert ask("b", "a", fields=fields, emergency=True).access_granted is True
    assert ask("c", "a", fields=fields, emergency=True).access_granted is False


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("sibling", ["b"]),
        ("children", ["deep"]),
        ("parent", ["s"]),
        ("lateral", ["t", "b"]),
        ("all", [ROOT, "s", "t", "b", "deep", "deeper"]),
    ],
)
def test_contexts_are_listed_by_kind(kind: str, found: list[str]) -> None:
    contexts = [NodeContext(known, {}) for known in TREE.parents]

    rows = listed(TREE, requester="a", contexts=contexts, kind=kind, now=NOW)

    assert [context.node_id for context, _ in rows] == found


def test_a_relation_goes_one_way() -> None:
    assert TREE.relation("t", "a") is Relation.NONE
    assert TREE.relation("a", "t") is Relation.NEPHEW
    assert TREE.children("s") == ["a", "b"]


def test_contexts_come_down_one_level_and_merge_by_priority() -> None:
    assert initial_context({"a": 1, "b": 1}, {"b": 2}) == {"a": 1, "b": 2}
    assert visible_data({"a": 1}, {"a": 2, "b": 2}) == {"a": 1, "b": 2}
    assert merge_contexts([{"a": 1}, {"a": 2}]) == {"a": 2}
    assert merge_contexts([{"a": 1}, {"a": 2}], [9, 1]) == {"a": 1}
    assert merge_contexts([]) == {}
    with pytest.raises(ValueError, match="zip"):
        merge_contexts([{}], [1, 2])


def test_each_property_comes_down_by_its_own_rule() -> None:
    parent = {"a": 1, "b": {"x": 1, "y": 1}, "c": 3}
    rules = {
        "a": PropertyRule("inherit", 9),
        "gone": PropertyRule("inherit", 9),
        "b": PropertyRule("merge", {"y": 2}),
        "c": PropertyRule("override", 4),
    }

    assert propagate(parent, rules) == {"a": 1, "gone": 9, "b": {"x": 1, "y": 2}, "c": 4}
