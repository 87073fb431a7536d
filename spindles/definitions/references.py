"""What the steps of a definition refer to outside of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from node_links.choices import FeatureType
from spindles.definitions.steps import StepDefinition
from spindles.expressions.paths import TEMPLATE
from spindles.registry.kinds import step_kinds

LINK_TYPES: dict[str, str] = {
    FeatureType.SPINDLE: "triggers",
    FeatureType.FUNCTION_MODEL: "triggers",
    FeatureType.KNOWLEDGE_BASE: "consumes",
}
"""The kind of the link that follows a reference, by the feature of what is referred to."""


@dataclass(frozen=True, slots=True)
class StepReference:
    """A reference of one step; `pointer` leads into `{steps}`, `target` is an id or a slug."""

    step_id: str
    pointer: str
    feature: str
    target: str
    version: str | None


def references_of(steps: Sequence[StepDefinition]) -> Iterator[StepReference]:
    """Yield what the steps refer to; what a template will name is not known yet."""
    for index, step in enumerate(steps):
        kind = step_kinds.get(step.kind)
        for one in kind.references(step.params) if kind else ():
            if not one.target or TEMPLATE.search(one.target):
                continue
            version = one.version
            if version is not None and TEMPLATE.search(version):
                version = None
            at = f"/steps/{index}/params{one.pointer}"
            yield StepReference(step.id, at, one.feature, one.target, version)
