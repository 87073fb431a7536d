"""Adding the kinds of this package to the registry."""

from spindles.registry import step_kinds
from spindles.steps import plain, waiting

FAMILIES = (plain, waiting)


def register() -> None:
    """Add every kind; called once, when the apps are ready."""
    for family in FAMILIES:
        for kind in family.KINDS:
            step_kinds.add(kind)
