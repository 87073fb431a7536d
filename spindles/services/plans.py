"""Keeping plans: each is stored once, for good."""

import orjson

from accounts.actors import Actor
from spindles.models import StoredPlan
from spindles.plans.plan import Plan


def store_plan(*, actor: Actor, plan: Plan) -> StoredPlan:
    """Return the row of `plan`, written where the organisation has no equal one yet."""
    stored, _ = StoredPlan.objects.get_or_create(
        organization_id=actor.tenant_id,
        checksum=plan.checksum,
        defaults={"content": orjson.loads(plan.as_json())},
    )
    return stored


def load_plan(stored: StoredPlan) -> Plan:
    """Return the plan that a row holds."""
    return Plan.model_validate(stored.content)
