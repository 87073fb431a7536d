"""The secrets of inbound webhooks: shown once, and changed without a gap."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import NotFound, ValidationFailed
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.webhooks.signing import key_of
from spindles.choices import HookAuth, TriggerKind
from spindles.models import Spindle, SpindleTrigger
from spindles.services.triggers.registering import make_hook_secret

MIN_TOKEN, MAX_TOKEN = 24, 200


def rotate_hook_secret(
    *, actor: Actor, pk: UUID, trigger_id: UUID, secret: str = "", **options: Any
) -> tuple[SpindleTrigger, str]:
    """Give a webhook of a spindle a new secret; return both. The one before is good for a while.

    `secret` may be given, as where the other side made it: `whsec_<base64>` of 24 to 64 bytes, or a
    token of 24 to 200 visible characters. `options` are `expected_revision` and `locked`, as
    everywhere. Raises `NotFound`, `Forbidden`, `RevisionConflict`, `ValidationFailed`.
    """
    with joined_transaction():
        spindle: Spindle = entities.lock_entity(Spindle, actor=actor, pk=pk, **options)
        require(actor, spindle, Act.PUBLISH)
        rows = SpindleTrigger.objects.of_spindle(spindle.organization_id, spindle.pk).live()
        row = rows.filter(pk=trigger_id, kind=TriggerKind.WEBHOOK).select_for_update().first()
        if row is None:
            raise NotFound("There is no such webhook.")
        auth = row.config["auth"]
        fresh = _checked(secret, auth) if secret else make_hook_secret(auth)
        row.previous_secret, row.secret = row.secret, fresh
        row.previous_until = timezone.now() + timedelta(hours=settings.WEBHOOK_OVERLAP_HOURS)
        row.save(update_fields=["secret", "previous_secret", "previous_until", "updated_at"])
    return row, fresh


def _checked(secret: str, auth: str) -> str:
    if auth == HookAuth.SIGNED:
        try:
            key_of(secret)
        except ValueError as error:
            raise ValidationFailed.of("/secret", "invalid", str(error)) from None
        return secret
    visible = secret.isascii() and secret.isprintable() and " " not in secret
    if not visible or not MIN_TOKEN <= len(secret) <= MAX_TOKEN:
        message = f"A token has {MIN_TOKEN} to {MAX_TOKEN} visible characters."
        raise ValidationFailed.of("/secret", "invalid", message)
    return secret
