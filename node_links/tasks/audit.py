"""Keeping the audit trail no longer than it is wanted."""

from celery import shared_task


@shared_task
def cleanup_audit_logs() -> int:
    """Remove what is older than the setting says; return how many rows went."""
    from node_links.audit import retention

    return retention.remove_expired(retention.keep_from())
