"""Adding the kinds of this package to the registry."""

from function_models.steps import containers, nested
from spindles.registry.kinds import step_kinds

FAMILIES = (containers, nested)


def register() -> None:
    """Add every kind; called once, when the apps are ready."""
    for family in FAMILIES:
        for kind in family.KINDS:
            step_kinds.add(kind)
