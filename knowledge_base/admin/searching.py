"""Searching one organisation's SOPs as its members do, with everything that explains the order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.operators import operator_of
from accounts.models import Organization
from config.admin.display import admin_address
from config.exceptions import DomainError, InfrastructureException
from knowledge_base.admin.forms import SearchForm
from knowledge_base.models import Sop
from node_links.search.hybrid import CANDIDATES, SearchHit, SearchPage, search

FACETS = ("category", "status", "content_type", "tags")
_SHOWN = 20
_FACET_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with the SOP that it belongs to."""

    place: int
    sop: Sop
    hit: SearchHit
    address: str | None

    @property
    def passage(self) -> SafeString:
        """The passage as HTML; the search has escaped everything in it but its marks."""
        return mark_safe(self.hit.passage)  # noqa: S308 -- see `SearchHit`


def search_page(request: HttpRequest) -> HttpResponse:
    """Show the form and, once something was asked, what was found."""
    if not request.user.has_perm("knowledge_base.view_sop"):
        raise PermissionDenied
    first = Organization.objects.first()
    asked = {"organization": first and first.pk, "mode": "hybrid", **request.GET.dict()}
    form = SearchForm(asked)
    chosen = {name: request.GET[name] for name in FACETS if request.GET.get(name)}
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Search the texts of SOPs",
        "form": form,
        "chosen": [(value, _address(request, name, None)) for name, value in chosen.items()],
    }
    if form.is_valid() and form.cleaned_data["q"].strip():
        context |= _answer(request, form.cleaned_data, chosen)
    return TemplateResponse(request, "admin/knowledge_base/sop/search.html", context)


def _answer(request: HttpRequest, asked: dict[str, Any], chosen: dict[str, str]) -> dict[str, Any]:
    actor = operator_of(request, asked["organization"].pk)
    rows = Sop.objects.visible_to(actor).searchable()
    rows = rows.filter(**{name: chosen[name] for name in FACETS[:3] if name in chosen})
    rows = rows.tagged_any([chosen["tags"]]) if "tags" in chosen else rows
    try:
        page = search(
            actor=actor,
            query=asked["q"],
            mode=asked["mode"],
            feature_types=[Sop.feature_type],
            entities=rows.values("pk"),
            limit=CANDIDATES,
        )
    except (DomainError, InfrastructureException) as error:
        return {"asked": True, "problem": str(error)}
    sops = _sops(page)
    return {
        "asked": True,
        "page": page,
        "found": _found(page, sops)[:_SHOWN],
        "shown": _SHOWN,
        "facets": [
            (name, [(v, n, _address(request, name, v)) for v, n in _facet(name, sops.values())])
            for name in FACETS
        ],
    }


def _sops(page: SearchPage) -> dict[UUID, Sop]:
    wanted = [hit.entity_id for hit in page.hits]
    return {sop.pk: sop for sop in Sop.objects.filter(pk__in=wanted).defer(
        "content", "vector_embedding"
    )}  # fmt: skip


def _found(page: SearchPage, sops: dict[UUID, Sop]) -> list[Found]:
    return [
        Found(place, sops[hit.entity_id], hit, admin_address(Sop, hit.entity_id))
        for place, hit in enumerate(page.hits, start=1)
        if hit.entity_id in sops
    ]


def _facet(name: str, sops: Iterable[Sop]) -> list[tuple[str, int]]:
    values = [getattr(sop, name) for sop in sops]
    flat = [tag for tags in values for tag in tags] if name == "tags" else values
    return Counter(value for value in flat if value).most_common(_FACET_SHOWN)


def _address(request: HttpRequest, name: str, value: str | None) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    if value is not None:
        query[name] = value
    return f"?{query.urlencode()}"
