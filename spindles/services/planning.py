"""The plans that spindles compile to."""

from accounts.actors import Actor
from spindles.compiling.compile import compile_definition
from spindles.definitions.inputs import OutputDefinition
from spindles.models import Spindle, StoredPlan
from spindles.plans.plan import Plan
from spindles.services.defining import definition_of
from spindles.services.plans import store_plan


def plan_of(spindle: Spindle) -> Plan:
    """Return the plan of the working copy."""
    outputs = None
    if spindle.outputs is not None:
        outputs = [OutputDefinition.model_construct(**one) for one in spindle.outputs]
    return compile_definition(definition_of(spindle).steps, outputs)


def keep_plan(*, actor: Actor, spindle: Spindle) -> StoredPlan:
    """Store the plan of the working copy, in the running transaction."""
    return store_plan(actor=actor, plan=plan_of(spindle))
