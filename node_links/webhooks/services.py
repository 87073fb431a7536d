"""What administrators do with webhooks, and with the messages to them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import (
    Forbidden,
    InvalidTransition,
    NotFound,
    RevisionConflict,
    ValidationFailed,
)
from config.ids import uuid7
from config.outbound import is_forbidden_literal
from node_links.choices import WebhookDeliveryStatus, WebhookStatus
from node_links.events.cloudevents import to_cloudevent
from node_links.events.envelope import Event
from node_links.models import Webhook, WebhookDelivery
from node_links.webhooks.doorbell import sending
from node_links.webhooks.signing import key_of, make_secret

PING = "WebhookPing"
_STATE = ["status", "failures", "disabled_at", "disabled_reason"]


def create_webhook(
    *,
    actor: Actor,
    url: str,
    types: Iterable[str],
    filter: Mapping[str, str] | None = None,  # noqa: A002 - the column's name
    description: str = "",
    secret: str = "",
) -> tuple[Webhook, str]:
    """Create a webhook; return it and its secret, which is shown only now.

    `secret` may be given (`whsec_<base64>` of 24 to 64 bytes), else one is made. Raises
    `Forbidden`, `ValidationFailed`.
    """
    _require_administrator(actor)
    refuse_address(url)
    secret = _checked(secret) if secret else make_secret()
    webhook = Webhook.objects.create(
        organization_id=actor.tenant_id,
        url=url,
        types=list(dict.fromkeys(types)),
        filter=dict(filter or {}),
        description=description,
        secret=secret,
        created_by_id=actor.user_id,
    )
    return webhook, secret


def update_webhook(
    *, actor: Actor, pk: UUID, values: Mapping[str, Any], expected_revision: int | None = None
) -> Webhook:
    """Change url, types, filter or description. Raises as `create_webhook`, `RevisionConflict`."""
    with joined_transaction():
        webhook = _locked(actor, pk, expected_revision)
        changed = {name: new for name, new in values.items() if getattr(webhook, name) != new}
        if "url" in changed:
            refuse_address(changed["url"])
        for name, new in changed.items():
            setattr(webhook, name, new)
        return _saved(webhook, list(changed)) if changed else webhook


def delete_webhook(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> None:
    """Delete a webhook with its log; what is not sent yet is not sent any more."""
    with joined_transaction():
        _locked(actor, pk, expected_revision).delete()


def rotate_secret(
    *, actor: Actor, pk: UUID, expected_revision: int | None = None
) -> tuple[Webhook, str]:
    """Give a webhook a new secret; return both. The one before signs too, for a while."""
    with joined_transaction():
        webhook = _locked(actor, pk, expected_revision)
        webhook.previous_secret, webhook.secret = webhook.secret, make_secret()
        overlap = timedelta(hours=settings.WEBHOOK_OVERLAP_HOURS)
        webhook.previous_until = timezone.now() + overlap
        _saved(webhook, ["secret", "previous_secret", "previous_until"])
    return webhook, webhook.secret


def enable_webhook(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> Webhook:
    """Send to a disabled webhook again, what waited first. Raises `InvalidTransition`."""
    with joined_transaction():
        webhook = _locked(actor, pk, expected_revision)
        _require(webhook, WebhookStatus.DISABLED)
        webhook.status, webhook.failures = WebhookStatus.ACTIVE, 0
        webhook.disabled_at, webhook.disabled_reason = None, ""
        transaction.on_commit(sending.ring)
        return _saved(webhook, _STATE)


def disable_webhook(
    *, actor: Actor, pk: UUID, reason: str = "", expected_revision: int | None = None
) -> Webhook:
    """Stop sending; what is due waits until it is enabled again. Raises `InvalidTransition`."""
    with joined_transaction():
        webhook = _locked(actor, pk, expected_revision)
        _require(webhook, WebhookStatus.ACTIVE)
        webhook.status, webhook.disabled_at = WebhookStatus.DISABLED, timezone.now()
        webhook.disabled_reason = reason or "By an administrator."
        return _saved(webhook, _STATE)


def ping_webhook(*, actor: Actor, pk: UUID) -> WebhookDelivery:
    """Queue a message that tells of nothing, to try a receiver. Raises `InvalidTransition`."""
    with joined_transaction():
        webhook = _locked(actor, pk)
        _require(webhook, WebhookStatus.ACTIVE)
        event = _ping(actor, webhook)
        delivery = WebhookDelivery.objects.create(
            organization_id=webhook.organization_id,
            webhook=webhook,
            event_id=event.id,
            event_type=event.event_type,
            payload=to_cloudevent(event),
            not_before=event.timestamp,
        )
        transaction.on_commit(sending.ring)
    return delivery


def retry_delivery(*, actor: Actor, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send a finished message again, with all its tries and under the same id.

    Raises `NotFound`; `InvalidTransition` while it is pending, or its webhook disabled.
    """
    with joined_transaction():
        webhook = _locked(actor, webhook_id)
        _require(webhook, WebhookStatus.ACTIVE)
        rows = WebhookDelivery.objects.select_for_update(of=("self",)).filter(webhook=webhook)
        delivery = rows.filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        if delivery.status == WebhookDeliveryStatus.PENDING:
            raise InvalidTransition(delivery.status, [], "The message is on its way already.")
        delivery.status, delivery.attempts = WebhookDeliveryStatus.PENDING, 0
        delivery.not_before, delivery.finished_at = timezone.now(), None
        delivery.save(update_fields=["status", "attempts", "not_before", "finished_at"])
        transaction.on_commit(sending.ring)
    return delivery


def refuse_address(url: str) -> None:
    """Raise `ValidationFailed` unless `url` is an http(s) address that may be sent to.

    A host name passes; what it resolves to is looked at each time a message is sent.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and url.isprintable() and " " not in url
        forbidden = usable and is_forbidden_literal(url)
        httpx2.URL(url)  # what will be asked to send there
    except (ValueError, httpx2.InvalidURL):
        usable = forbidden = False
    if not usable or parts.username is not None or parts.password is not None:
        text = "An http or https address without user and password is needed."
        raise ValidationFailed.of("/url", "invalid", text)
    if forbidden:
        text = "This address may not be reached from here."
        raise ValidationFailed.of("/url", "forbidden_address", text)


def _checked(secret: str) -> str:
    try:
        key_of(secret)
    except ValueError as error:
        raise ValidationFailed.of("/secret", "invalid", str(error)) from error
    return secret


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("This needs the role admin or a higher one.")


def _locked(actor: Actor, pk: UUID, expected_revision: int | None = None) -> Webhook:
    """Return the actor's webhook, locked. Raises `Forbidden`, `NotFound`, `RevisionConflict`."""
    _require_administrator(actor)
    rows = Webhook.objects.select_for_update(of=("self",))
    webhook = rows.filter(organization_id=actor.tenant_id, pk=pk).first()
    if webhook is None:
        raise NotFound
    if expected_revision is not None and webhook.revision != expected_revision:
        raise RevisionConflict(webhook.revision)
    return webhook


def _require(webhook: Webhook, status: WebhookStatus) -> None:
    if webhook.status != status:
        raise InvalidTransition(webhook.status, [status], f"The webhook is {webhook.status}.")


def _saved(webhook: Webhook, fields: list[str]) -> Webhook:
    webhook.revision += 1
    webhook.save(update_fields=[*fields, "revision", "updated_at"])
    return webhook


def _ping(actor: Actor, webhook: Webhook) -> Event:
    return Event(
        id=uuid7(),
        event_type=PING,
        schema_version=1,
        stored_version=1,
        feature_type=webhook.feature_type,
        entity_id=webhook.pk,
        node_id=None,
        sequence=0,
        data={"message": "This is a test."},
        timestamp=timezone.now(),
        user_id=actor.user_id,
        organization_id=webhook.organization_id,
        correlation_id=None,
        causation_id=None,
        execution_id=None,
    )
