"""How contexts are made out of others: copies from above, rules per property, merges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """How one property comes down from the parent; `default` is what the rule itself says."""

    mode: Literal["inherit", "override", "merge"]
    default: Any = None


def initial_context(parent: Data, own: Data) -> Data:
    """Return what a node begins with: its parent's own data, overlaid with its own.

    One level only: what the parent has from further up is not handed on.
    """
    return {**parent, **own}


def propagate(parent: Data, rules: Mapping[str, PropertyRule]) -> Data:
    """Return the properties that `rules` make out of the parent's data."""
    return {name: _propagated(parent.get(name), name in parent, rules[name]) for name in rules}


def _propagated(value: Any, given: bool, rule: PropertyRule) -> Any:
    if rule.mode == "override" or not given:
        return rule.default
    if rule.mode == "merge" and isinstance(value, dict) and isinstance(rule.default, dict):
        return {**value, **rule.default}
    return rule.default if rule.mode == "merge" and rule.default is not None else value


def merge_contexts(contexts: Sequence[Data], priorities: Sequence[int] | None = None) -> Data:
    """Return one context of several: the higher priority wins, without priorities the later one.

    Raises `ValueError` where priorities are given but not one for each context.
    """
    ranks = range(len(contexts)) if priorities is None else priorities
    merged: Data = {}
    for _, context in sorted(zip(ranks, contexts, strict=True), key=lambda pair: pair[0]):
        merged |= context
    return merged


def visible_data(parent: Data, own: Data) -> Data:
    """Return what a node reads under plain names; on a clash the parent's value wins."""
    return {**own, **parent}
