"""The plans that models compile to."""

from accounts.actors import Actor
from function_models.canvas.document import parse_canvas
from function_models.compiling.compile import compile_canvas
from function_models.models import FunctionModel, FunctionModelVersion, document_of
from spindles.models import StoredPlan
from spindles.plans.plan import Plan
from spindles.services.plans import store_plan


def plan_of(version: FunctionModelVersion) -> Plan:
    """Return the plan of a published version: the same one, however often it is asked for."""
    document = document_of(version.content)
    statuses = {node["id"]: node["data"]["status"] for node in document["nodes"]}
    canvas = parse_canvas(document, model_id=str(version.entity_id), statuses=statuses)
    return compile_canvas(canvas, version.content["context"])


def keep_plan(*, actor: Actor, model: FunctionModel) -> StoredPlan:
    """Store the plan of what is drawn in `model`, in the running transaction."""
    return store_plan(actor=actor, plan=compile_canvas(model.canvas, model.context))


def keep_plan_of(*, actor: Actor, version: FunctionModelVersion) -> StoredPlan:
    """Store the plan of a published version, in the running transaction."""
    return store_plan(actor=actor, plan=plan_of(version))
