"""Inbound webhooks: whose an address is, who may post to it, and the run that comes of it.

A delivery is signed as Standard Webhooks describes it (standardwebhooks.com, specification 1.0),
like those that the platform sends, or carries a bearer token.
"""

import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import scope, system_scope
from config.exceptions import DomainError, NotFound
from node_links.webhooks.signing import signature_headers
from spindles.choices import HookAuth
from spindles.exceptions import HookRefused
from spindles.models import SpindleTrigger, TriggerFiring
from spindles.services.triggers.firings import (
    claim_firing,
    forget_occurrence,
    note_started,
    reason_of,
    record_refusal,
)
from spindles.services.triggers.starting import acting_for, start_run

REPEATED_WITHIN = timedelta(hours=24)
SHARING_A_PATH = 50
"""So many organisations at most are asked whose secret fits, where an address names none."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What somebody posted: its id, and by what they prove who they are.

    `timestamp` and `signatures` are the headers as they came; a delivery with a token may have
    none, and no id either: then it is never a repeated one.
    """

    body: bytes
    delivery_id: str = ""
    timestamp: str = ""
    signatures: str = ""
    token: str = ""


def find_hook(*, path: str, organization: str | None, delivery: Delivery) -> SpindleTrigger:
    """Return the webhook at an address whose secret fits the delivery.

    A path is unique in its organisation; where an address does not name that (`organization` is its
    slug), the secret tells which of them is meant. Raises `NotFound`, `HookRefused`.
    """
    # Nobody is signed in: the platform looks up who listens at this one address.
    with system_scope():
        hooks = SpindleTrigger.objects.listening_at(path, organization)
        found = list(hooks.order_by("created_at")[:SHARING_A_PATH])
    if not found:
        raise NotFound("No webhook listens at this address.")
    for hook in found:
        if _fits(hook, delivery):
            return hook
    raise HookRefused


def accept_delivery(*, hook: SpindleTrigger, delivery: Delivery, payload: Any) -> UUID | None:
    """Start the run of a delivery and return its id; that of the first one where it is repeated.

    However many come at once with one id, one run is started. Raises `ValidationFailed`, `Conflict`
    and `NotFound` where the spindle may not run; such a delivery may come again.
    """
    actor = acting_for(hook.organization_id)
    occurrence = delivery.delivery_id or None
    try:
        with scope(actor):
            if occurrence:
                forget_occurrence(hook, occurrence, older_than=REPEATED_WITHIN)
            firing = claim_firing(hook, occurrence=occurrence)
            if firing is None:
                return _first_run(hook, occurrence)
            execution = start_run(
                trigger=hook, facts=_facts(delivery, payload), given=_given(hook, payload)
            )
            note_started(firing, execution)
            return execution.pk
    except DomainError as refusal:
        with scope(actor):
            record_refusal(hook, reason_of(refusal))
        raise


def _first_run(hook: SpindleTrigger, occurrence: str | None) -> UUID | None:
    return TriggerFiring.objects.get(trigger=hook, occurrence=occurrence).execution_id


def _facts(delivery: Delivery, payload: Any) -> dict[str, Any]:
    return {
        "payload": payload,
        "delivery_id": delivery.delivery_id or None,
        "received_at": timezone.now().isoformat(),
    }


def _given(hook: SpindleTrigger, payload: Any) -> dict[str, Any]:
    """Return the members of the payload that are named like declared inputs."""
    if not isinstance(payload, dict):
        return {}
    return {name: payload[name] for name in hook.input_names if name in payload}


def _fits(hook: SpindleTrigger, delivery: Delivery) -> bool:
    secrets = _secrets(hook)
    if hook.config["auth"] == HookAuth.TOKEN:
        return _is_among(delivery.token, secrets)
    sent = _seconds(delivery.timestamp)
    if not delivery.delivery_id or sent is None:
        return False
    if abs(time.time() - sent) > hook.config["tolerance"]:
        return False
    signed = signature_headers(
        message_id=delivery.delivery_id, timestamp=sent, body=delivery.body, signed_with=secrets
    )["webhook-signature"].split(" ")
    return any([_is_among(given, signed) for given in delivery.signatures.split(" ")])


def _secrets(hook: SpindleTrigger) -> list[str]:
    secrets = [hook.secret] if hook.secret else []
    if hook.previous_secret and hook.previous_until and hook.previous_until > timezone.now():
        secrets.append(hook.previous_secret)
    return secrets


def _is_among(given: str, wanted: Iterable[str]) -> bool:
    """Compare in a time that does not tell how much of a secret was right."""
    return any([hmac.compare_digest(given.encode(), one.encode()) for one in wanted])


def _seconds(timestamp: str) -> int | None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return None
    return int(timestamp)
