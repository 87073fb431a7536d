"""Links that lead round in a circle."""

from celery import shared_task


@shared_task
def check_cycles() -> int:
    """Look for cycles in every organisation; return in how many others are there than before."""
    from accounts.models import Organization
    from accounts.tenancy import system_scope
    from node_links.graph.cycles import find_cycles
    from node_links.services.links import cycles

    with system_scope():
        organizations = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    return sum(cycles.check_cycles(organization_id=pk, find=find_cycles) for pk in organizations)
