"""`python -m tests.faults.starting`: starts runs as it is told to, one order a line, as JSON."""

import json
import sys

import django


def main() -> None:
    """Answer each order `{steps, count, more}` with the ids of the runs that were started."""
    django.setup()
    from django.db import connections

    from accounts.actors import Actor
    from accounts.choices import Role
    from accounts.models import Membership
    from accounts.tenancy import system_scope
    from tests.spindles.runs import plan_of, start, step

    with system_scope():
        member = Membership.objects.filter(role=Role.ADMIN).earliest("created_at")
    actor = Actor(member.user_id, member.organization_id, Role.ADMIN)
    for line in sys.stdin:
        order = json.loads(line)
        connections.close_all()  # the database may have been away meanwhile
        plan = plan_of(*(step(**one) for one in order["steps"]))
        runs = [start(actor, plan, **order["more"]) for _ in range(order["count"])]
        print(json.dumps([str(run.pk) for run in runs]), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
