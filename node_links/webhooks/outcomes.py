"""Keeping what came of a try: success, another try later, or given up."""

import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts.tenancy import system_scope
from node_links.choices import WebhookDeliveryStatus, WebhookStatus
from node_links.events.recording import record_event
from node_links.models import Webhook, WebhookDelivery
from node_links.webhooks.messages import Message
from node_links.webhooks.posting import Outcome

MAX_RETRY_AFTER_SECONDS = 86_400.0
_JITTER = 0.1
GONE = "The receiver answered 410: it wants no more messages."
REPEATED = "Messages failed for good, one after the other."


def store(message: Message, outcome: Outcome) -> bool:
    """Write what came of a try. Returns whether it was still ours to write.

    Where the lease ran out meanwhile somebody else has the message, and what they find counts.
    """
    with system_scope():
        rows = WebhookDelivery.objects.select_for_update()
        delivery = rows.filter(
            pk=message.delivery_id, status=WebhookDeliveryStatus.PENDING, not_before=message.lease
        ).first()
        if delivery is None:
            return False
        _apply(delivery, outcome)
        delivery.save(update_fields=[
            "status", "not_before", "finished_at", "last_status", "last_response", "last_error",
            "duration_ms", "log",
        ])  # fmt: skip
        _count(delivery, outcome)
    return True


def _apply(delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = timezone.now()
    delivery.last_status, delivery.last_response = outcome.status, outcome.response
    delivery.last_error, delivery.duration_ms = outcome.error, outcome.duration_ms
    delivery.log = [*delivery.log, _entry(outcome, delivery.attempts)]
    pauses = settings.WEBHOOK_RETRY_SECONDS
    if not outcome.error:
        delivery.status, delivery.finished_at = WebhookDeliveryStatus.SUCCEEDED, now
    elif outcome.final or delivery.attempts > len(pauses):
        delivery.status, delivery.finished_at = WebhookDeliveryStatus.FAILED, now
    else:
        asked = min(outcome.retry_after or 0.0, MAX_RETRY_AFTER_SECONDS)
        pause = max(pauses[delivery.attempts - 1] * _spread(), asked)
        delivery.not_before = now + timedelta(seconds=pause)


def _entry(outcome: Outcome, attempt: int) -> dict[str, Any]:
    return {
        # A number that is left out is a try whose sender died before it could write this.
        "attempt": attempt,
        "at": timezone.now().isoformat(),
        "status": outcome.status,
        "error": outcome.error,
        "duration_ms": outcome.duration_ms,
    }


def _spread() -> float:
    """Return a factor that keeps messages which failed together from coming back together."""
    return 1 + random.uniform(0, _JITTER)  # noqa: S311 - nobody has to guess it


def _count(delivery: WebhookDelivery, outcome: Outcome) -> None:
    rows = Webhook.objects.filter(pk=delivery.webhook_id)
    if delivery.status == WebhookDeliveryStatus.SUCCEEDED:
        rows.filter(failures__gt=0).update(failures=0)
    elif delivery.status == WebhookDeliveryStatus.FAILED:
        rows.update(failures=F("failures") + 1)
        webhook = rows.select_for_update().get()
        if outcome.gone:
            _disable(webhook, GONE)
        elif webhook.failures >= settings.WEBHOOK_FAILURES:
            _disable(webhook, REPEATED)


def _disable(webhook: Webhook, reason: str) -> None:
    if webhook.status == WebhookStatus.DISABLED:
        return
    webhook.status, webhook.disabled_reason = WebhookStatus.DISABLED, reason
    webhook.disabled_at = timezone.now()
    webhook.revision += 1
    webhook.save(
        update_fields=["status", "disabled_reason", "disabled_at", "revision", "updated_at"]
    )
    record_disabled(webhook)


def record_disabled(webhook: Webhook) -> None:
    """Record that the platform has disabled a webhook; who subscribed to it tells people."""
    with system_scope(webhook.organization_id) as actor:
        record_event(
            actor=actor,
            entity=webhook,
            event_type="WebhookDisabled",
            data={"reason": webhook.disabled_reason, "failures": webhook.failures},
        )
