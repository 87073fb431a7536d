"""Links whose targets have moved on without anybody having told."""

from celery import shared_task


@shared_task
def check_version_pins() -> int:
    """Compare the version pins of all links with their targets; return how many have changed."""
    from accounts.models import Organization
    from accounts.tenancy import system_scope
    from node_links.services.links.drifting import follow_all

    with system_scope():
        organizations = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    return sum(step.changed for pk in organizations for step in follow_all(pk))
