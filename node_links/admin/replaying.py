"""Delivering events chosen in the list again: to whom, how many, and then the replay itself.

A few chosen events are named one by one. Of more the replay takes the period, types and entity that
all of them share, which is what the filters of the list have chosen them by.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.operators import operator_of
from accounts.models import Organization
from config.exceptions import DomainError
from node_links.events.replaying import ReplayRequest, count_matching
from node_links.events.subscribing import subscribers
from node_links.models import NodeEvent
from node_links.services.replays import start_replay

ONE_BY_ONE = 500
"""Up to so many events are named; of more the replay takes what they have in common."""


def _receivers() -> list[tuple[str, str]]:
    """Offer everybody who subscribes in this process."""
    named = [
        (found.name, found.name if found.replayable else f"{found.name} (only when named)")
        for found in subscribers.all()
    ]
    return [("", "All that may be replayed"), *named]


class SubscriberForm(forms.Form):
    """Who hears of the events again."""

    subscriber = forms.ChoiceField(
        choices=_receivers, required=False, widget=UnfoldAdminSelectWidget()
    )


@dataclass(frozen=True, slots=True)
class Part:
    """The chosen events of one organisation, and how many of them somebody would hear of."""

    organization: Organization
    request: ReplayRequest
    matched: int


def replay_chosen(request: HttpRequest, chosen: QuerySet[NodeEvent]) -> HttpResponse:
    """Return the page of the next step: the choice, the count, or the list of replays.

    The page posts the action of the list again, with the same events and `step`.
    """
    step = request.POST.get("step", "")
    form = SubscriberForm(request.POST if step else None)
    parts: list[Part] = []
    if step and form.is_valid():
        parts = _parts(request, chosen, form.cleaned_data["subscriber"] or None)
        if step == "begin" and _begin(request, parts):
            return redirect("admin:node_links_eventreplay_changelist")
    context = {
        **admin.site.each_context(request),
        "title": "Deliver again",
        "form": form,
        "parts": parts,
        "matched": sum(part.matched for part in parts),
        "asked": bool(step),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/node_links/nodeevent/replay.html", context)


def _begin(request: HttpRequest, parts: list[Part]) -> bool:
    """Queue a replay for each organisation; return whether all were."""
    try:
        for part in parts:
            actor = operator_of(request, part.organization.pk)
            start_replay(actor=actor, request=part.request)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return False
    messages.success(request, f"Queued: {sum(part.matched for part in parts)} events.")
    return True


def _parts(
    request: HttpRequest, chosen: QuerySet[NodeEvent], subscriber: str | None
) -> list[Part]:  # fmt: skip
    rows = chosen.order_by()
    counted = rows.values_list("organization").annotate(
        first=Min("timestamp"), last=Max("timestamp"), n=Count("pk")
    )
    tenants = Organization.objects.in_bulk([row[0] for row in counted])
    parts = []
    for organization_id, first, last, n in counted:
        of_tenant = rows.filter(organization_id=organization_id)
        wanted = ReplayRequest(
            since=first,
            until=last + timedelta(microseconds=1),
            subscriber=subscriber,
            **(_named(of_tenant) if n <= ONE_BY_ONE else _shared(of_tenant)),
        )
        matched = count_matching(organization_id, wanted)
        parts.append(Part(tenants[organization_id], wanted, matched))
    return sorted(parts, key=lambda part: part.organization.name)


def _named(rows: QuerySet[NodeEvent]) -> dict[str, Any]:
    return {"event_ids": tuple(rows.values_list("pk", flat=True))}


def _shared(rows: QuerySet[NodeEvent]) -> dict[str, Any]:
    types = rows.values_list("event_type", flat=True).distinct()
    entities: list[tuple[str, UUID]] = list(
        rows.values_list("feature_type", "entity_id").distinct()[:2]
    )
    shared: dict[str, Any] = {"types": tuple(sorted(types))}
    if len(entities) == 1:
        shared["feature_type"], shared["entity_id"] = entities[0]
    return shared
