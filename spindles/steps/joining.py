"""Adding the kinds of this package to the registry."""

from spindles.registry.kinds import step_kinds
from spindles.steps import events, fan_out, http, knowledge, mail, people, plain, runs, waiting

FAMILIES = (plain, waiting, people, fan_out, runs, http, mail, knowledge, events)


def register() -> None:
    """Add every kind; called once, when the apps are ready."""
    for family in FAMILIES:
        for kind in family.KINDS:
            step_kinds.add(kind)
