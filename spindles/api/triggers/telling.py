"""Registered triggers as the API tells them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from spindles.choices import TriggerKind, TriggerState
from spindles.models import Spindle, SpindleTrigger, TriggerFiring
from spindles.triggers.schedules import upcoming

UPCOMING = 5
SECRETS = ("secret", "previous_secret")


def triggers_told(
    spindle: Spindle, request: HttpRequest, *, kinds: Sequence[str] = tuple(TriggerKind)
) -> list[dict[str, Any]]:
    """Return the registered triggers of a spindle, each with its last firing."""
    rows = SpindleTrigger.objects.of_spindle(spindle.organization_id, spindle.pk).live()
    rows = rows.filter(kind__in=kinds)
    firings = {one.trigger_id: one for one in TriggerFiring.objects.latest_of(rows)}
    found = rows.select_related("organization").defer(*SECRETS).order_by("key", "origin")
    return [trigger_told(row, request, firings.get(row.pk)) for row in found]


def trigger_told(
    row: SpindleTrigger, request: HttpRequest, last_firing: TriggerFiring | None = None
) -> dict[str, Any]:
    """Return one registered trigger."""
    return {
        "id": row.pk,
        "key": row.key,
        "kind": row.kind,
        "state": row.state,
        "origin": row.origin,
        "version": row.version,
        "config": row.config,
        "next_at": row.next_at,
        "upcoming": _upcoming(row),
        "hook_url": _hook_url(row, request),
        "previous_until": row.previous_until,
        "last_firing": last_firing,
    }


def next_of_all(rows: Iterable[dict[str, Any]]) -> Any:
    """Return the next planned time of several triggers; None where there is none."""
    return min((row["next_at"] for row in rows if row["next_at"]), default=None)


def _upcoming(row: SpindleTrigger) -> list[Any]:
    if row.kind != TriggerKind.SCHEDULE or row.state != TriggerState.ACTIVE:
        return []
    config = row.config
    return upcoming(config["cron"], config["timezone"], after=timezone.now(), count=UPCOMING)


def _hook_url(row: SpindleTrigger, request: HttpRequest) -> str | None:
    """Return the address of a webhook: where its author named the path, with the organisation."""
    if row.path is None:
        return None
    named = {"organization": row.organization.slug} if row.config.get("path") else {}
    return request.build_absolute_uri(reverse("hook", kwargs={**named, "path": row.path}))
