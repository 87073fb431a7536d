"""Nightly cleaning of what has run out."""

from django.core.management import call_command

from accounts.tenancy import system_scope
from config.api.idempotency import purge_idempotency_keys


def purge_expired() -> int:
    """Forget answers kept for repeated requests and refresh tokens that can no longer be used.

    Returns how many answers were forgotten.
    """
    with system_scope():
        forgotten = purge_idempotency_keys()
    call_command("flushexpiredtokens")
    return forgotten
