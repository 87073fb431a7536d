"""All checks of the categories asked for, as one answer."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from function_models.validation import (
    business_rules,
    context,
    cross_feature,
    readiness,
    structural,
)
from function_models.validation.findings import Category, Finding, Findings
from function_models.validation.subject import Subject

logger = structlog.get_logger(__name__)
FULL = "full"
LEVELS = (*(category.value for category in Category), FULL)
_CHECKS: dict[Category, Sequence[Callable[[Subject, Findings], None]]] = {
    Category.STRUCTURAL: structural.CHECKS,
    Category.CROSS_FEATURE: cross_feature.CHECKS,
    Category.EXECUTION_READINESS: readiness.CHECKS,
    Category.BUSINESS_RULES: business_rules.CHECKS,
    Category.CONTEXT: context.CHECKS,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: all categories were looked at, those in `asked` are told.

    `duration` is in seconds.
    """

    asked: frozenset[Category]
    found: dict[Category, Findings]
    duration: float

    @property
    def blocking(self) -> list[Finding]:
        """The findings that stand in the way of publication."""
        return [finding for finding in self._errors(Category) if finding.blocks_publish]

    @property
    def publishable(self) -> bool:
        """Whether nothing blocks publication, whatever was asked for."""
        return not self.blocking

    @property
    def ready(self) -> bool:
        """Whether a run would do what is drawn."""
        return not self._errors(Category)

    @property
    def overall_valid(self) -> bool:
        """Whether what was asked for has no error."""
        return not self._errors(self.asked)

    @property
    def warnings(self) -> list[Finding]:
        """All warnings."""
        return [warning for findings in self.found.values() for warning in findings.warnings]

    def told(self, category: Category) -> Findings:
        """Return what is told of a category: nothing, where it was not asked for."""
        return self.found[category] if category in self.asked else Findings()

    def _errors(self, categories: "frozenset[Category] | type[Category]") -> list[Finding]:
        return [error for category in categories for error in self.found[category].errors]


def examine(subject: Subject, level: str = FULL) -> Report:
    """Look at a model. `level` is one category or `full`.

    Publishability needs every category, so all of them are looked at. A check that itself breaks
    makes its category invalid (`check_failed`) and stops no other.
    """
    started = time.monotonic()
    found = {category: Findings() for category in Category}
    for category, checks in _CHECKS.items():
        for check in checks:
            try:
                check(subject, found[category])
            except Exception:
                # Told to the caller as a finding, and to us with its trace.
                logger.exception("validation_check_failed", check=check.__name__)
                found[category].fail("check_failed", f"{check.__name__} could not be made.")
    asked = frozenset(Category) if level == FULL else frozenset({Category(level)})
    return Report(asked, found, time.monotonic() - started)
