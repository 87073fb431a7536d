"""A finding, and where checks put theirs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Category(StrEnum):
    """What a check looks at."""

    STRUCTURAL = "structural"
    CROSS_FEATURE = "cross_feature"
    EXECUTION_READINESS = "execution_readiness"
    BUSINESS_RULES = "business_rules"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or doubtful; the message says what would be right.

    `field` is the key of the node's `data` that it is about.
    """

    code: str
    message: str
    node_id: str | None = None
    edge_id: str | None = None
    field: str | None = None
    blocks_publish: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; what does not apply is left out."""
        values = {
            "code": self.code,
            "message": self.message,
            "node_id": self.node_id,
            "edge_id": self.edge_id,
            "field": self.field,
        }
        told = {name: value for name, value in values.items() if value is not None}
        return {**told, "blocks_publish": self.blocks_publish}


@dataclass(slots=True)
class Findings:
    """What one category found."""

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def block(self, code: str, message: str, **where: Any) -> None:
        """Note an error that stands in the way of publication."""
        self.errors.append(Finding(code, message, blocks_publish=True, **where))

    def fail(self, code: str, message: str, **where: Any) -> None:
        """Note an error: a run would not do what is drawn."""
        self.errors.append(Finding(code, message, **where))

    def warn(self, code: str, message: str, **where: Any) -> None:
        """Note something doubtful."""
        self.warnings.append(Finding(code, message, **where))


def warn_each(
    findings: Findings, code: str, message: str, node_ids: Iterable[str], **where: Any
) -> None:
    """Warn of the same thing at each of some nodes."""
    for node_id in node_ids:
        findings.warn(code, message, node_id=node_id, **where)


Check = Callable[[Any, Findings], None]
