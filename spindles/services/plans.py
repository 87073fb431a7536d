"""Keeping plans: each is stored once, for good."""

import orjson

from accounts.actors import Actor
from spindles.models import StoredPlan
from spindles.plans.plan import Plan


def store_plan(*, actor: Actor, plan: Plan) -> StoredPlan:
    """Return the row of `plan`, written where the organisation has no equal one yet."""
    row = StoredPlan(
        organization_id=actor.tenant_id,
        checksum=plan.checksum,
        content=orjson.loads(plan.as_json()),
    )
    StoredPlan.objects.bulk_create([row], ignore_conflicts=True)
    return StoredPlan.objects.get(organization_id=actor.tenant_id, checksum=plan.checksum)


def load_plan(stored: StoredPlan) -> Plan:
    """Return the plan that a row holds."""
    return Plan.model_validate(stored.content)
