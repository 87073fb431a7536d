"""The search endpoint: parameters in, a page of hits with facets out."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.actors import Actor
from config.api.errors import ParameterError
from config.api.pagination import MAX_PAGE_SIZE
from knowledge_base.api.filters import split_tags
from knowledge_base.api.serializers import SearchQuerySerializer
from knowledge_base.models import Sop
from node_links.choices import EntityStatus
from node_links.search.hybrid import SearchHit, SearchPage, search

FACETS = ("category", "status", "content_type")
MOST_TAGS = 20
UNKNOWN = [ErrorDetail("There is no such parameter here.", "unknown_parameter")]


def search_response(request: Request, actor: Actor) -> Response:
    """Return the answer to a search request. Raises `ParameterError` for wrong parameters."""
    query = SearchQuerySerializer(data=request.query_params)
    query.is_valid()
    unknown = {name: UNKNOWN for name in request.query_params if name not in query.fields}
    if query.errors or unknown:
        raise ParameterError({**query.errors, **unknown})
    asked = query.validated_data
    size = min(asked["page_size"], MAX_PAGE_SIZE)
    page = search(
        actor=actor,
        query=asked["q"],
        mode=asked["mode"],
        feature_types=[Sop.feature_type],
        entities=_candidates(actor, asked).values("pk"),
        limit=size,
        offset=(asked["page"] - 1) * size,
    )
    return Response(_body(request, actor, asked, size, page))


def _candidates(actor: Actor, asked: dict[str, Any]) -> QuerySet[Sop]:
    rows = Sop.objects.visible_to(actor).searchable()
    if "status" not in asked:
        rows = rows.exclude(status=EntityStatus.ARCHIVED)
    rows = rows.filter(**{name: asked[name] for name in FACETS if name in asked})
    return rows.tagged_any(split_tags(asked["tags"])) if "tags" in asked else rows


def _body(
    request: Request, actor: Actor, asked: dict[str, Any], size: int, page: SearchPage
) -> dict[str, Any]:
    total_pages = -(-page.count // size)
    number = asked["page"]
    address = request.build_absolute_uri()
    return {
        "count": page.count,
        "total_pages": total_pages,
        "page": number,
        "page_size": size,
        "next": replace_query_param(address, "page", number + 1) if number < total_pages else None,
        "previous": replace_query_param(address, "page", number - 1) if number > 1 else None,
        "mode": asked["mode"],
        "degraded": page.degraded,
        "facets": _facets(actor, page.entity_ids),
        "results": _results(actor, page.hits),
    }


def _results(actor: Actor, hits: list[SearchHit]) -> list[dict[str, Any]]:
    shown = ("title", "summary", "category", "tags", "status", "version", "published_version")
    sops = {
        row.pop("id"): row
        for row in Sop.objects.visible_to(actor)
        .filter(pk__in=[hit.entity_id for hit in hits])
        .values("id", *shown)
    }
    return [
        {
            "id": hit.entity_id,
            **sops[hit.entity_id],
            "score": hit.score,
            "text_rank": hit.text_rank,
            "semantic_rank": hit.semantic_rank,
            "passage": hit.passage,
            "heading": hit.heading,
            "anchor": hit.anchor,
        }
        for hit in hits
        if hit.entity_id in sops
    ]


def _facets(actor: Actor, entity_ids: list[UUID]) -> dict[str, dict[str, int]]:
    rows = list(Sop.objects.visible_to(actor).filter(pk__in=entity_ids).values(*FACETS, "tags"))
    facets: dict[str, dict[str, int]] = {
        name: dict(Counter(row[name] for row in rows if row[name]).most_common()) for name in FACETS
    }
    tags = Counter(tag for row in rows for tag in row["tags"])
    return {**facets, "tags": dict(tags.most_common(MOST_TAGS))}
