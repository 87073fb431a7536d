"""How strong links are, from what has happened around them."""

from uuid import UUID

import structlog
from celery import shared_task

logger = structlog.get_logger("nodeloom.strength")


@shared_task
def gather_strengths(organization_id: str | None = None) -> int:
    """Bring the strengths of one organisation's links up to date, or of all organisations'.

    Returns how many links have other metrics now. One line of the log tells of each step.
    """
    from accounts.models import Organization
    from accounts.tenancy import system_scope
    from node_links.services.links import gathering

    with system_scope():
        rows = Organization.objects.order_by("pk")
        rows = rows.filter(pk=UUID(organization_id)) if organization_id else rows
        organizations = list(rows.values_list("pk", flat=True))
    written = 0
    for organization in organizations:
        total, done = gathering.count_links(organization), 0
        for step in gathering.gather_strengths(organization):
            done, written = done + step.seen, written + step.written
            logger.info(
                "strengths_gathered", organization=str(organization), done=done, total=total
            )
    return written
