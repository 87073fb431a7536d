"""Steps that use the knowledge base: searching it, and reading one SOP in one version."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from accounts.actors import Actor
from accounts.tenancy import scope
from config.exceptions import NotFound
from knowledge_base.markdown.links import Link
from knowledge_base.models import Sop, SopVersion
from knowledge_base.querysets import SopQuerySet
from knowledge_base.references import Resolver, keys_of_link
from node_links.choices import EntityStatus
from node_links.search.hybrid import LONGEST_QUERY, SearchHit, search
from node_links.services.versions import get_snapshot
from spindles.choices import Category
from spindles.registry.kinds import Place, Reference, StepContext, StepKind
from spindles.registry.results import Done, StepError, Used
from spindles.steps.failures import told_as_failures
from spindles.steps.params import Params, Pin, text_at, version_at

MAX_HITS = 50


class KbSearchParams(Params):
    """What is looked for."""

    query: str = Field(min_length=1, max_length=LONGEST_QUERY, title="Query")
    mode: Literal["text", "semantic", "hybrid"] = Field(
        default="hybrid", title="Mode", description="By words, by meaning, or by both"
    )
    limit: int = Field(default=10, ge=1, le=MAX_HITS, title="Limit", description="How many hits")
    category: str | None = Field(default=None, max_length=100, title="Category")
    tags: list[str] = Field(
        default=[], max_length=20, title="Tags", description="SOPs that have any of these"
    )


def search_knowledge(context: StepContext, params: KbSearchParams) -> Done:
    """Complete with `{count, mode, degraded, hits}`, the best first, as the actor may see them."""
    with told_as_failures(), scope(context.actor):
        rows = Sop.objects.visible_to(context.actor).searchable()
        rows = rows.exclude(status=EntityStatus.ARCHIVED)
        if params.category is not None:
            rows = rows.in_category(params.category)
        if params.tags:
            rows = rows.tagged_any(params.tags)
        page = search(
            actor=context.actor,
            query=params.query,
            mode=params.mode,
            feature_types=[Sop.feature_type],
            entities=rows.values("pk"),
            limit=params.limit,
        )
        hits = _told(context.actor, page.hits)
    return Done(
        {"count": page.count, "mode": page.mode.value, "degraded": page.degraded, "hits": hits}
    )


def _told(actor: Actor, hits: list[SearchHit]) -> list[dict[str, Any]]:
    found = Sop.objects.visible_to(actor).in_bulk([hit.entity_id for hit in hits])
    return [
        {
            "sop_id": str(sop.pk),
            "slug": slug_of(sop),
            "title": sop.title,
            "version": sop.published_version or sop.version,
            "score": hit.score,
            "heading": hit.heading,
            "anchor": hit.anchor,
            "passage": hit.passage,
        }
        for hit in hits
        if (sop := found.get(hit.entity_id)) is not None
    ]


class KbReadParams(Params):
    """Which SOP, in which version."""

    sop: str = Field(
        min_length=1,
        max_length=500,
        title="SOP",
        description="Its id, or its slug: the path it was imported from, or its title",
    )
    version: Pin = Field(
        default=None, title="Version", description="`x.y.z`, or the live one: `published` or none"
    )


def read_sop(context: StepContext, params: KbReadParams) -> Done:
    """Complete with the SOP as it was published; the version read becomes a link of the run.

    Raises `StepError`: `not_found`, `not_published`, neither tried again.
    """
    with told_as_failures():
        sop = find_sop(context.actor, params.sop)
        if params.version is None and sop.published_version is None:
            raise StepError(
                "not_published", f"{sop.title} was never published.", category=Category.VALIDATION
            )
        snapshot = get_snapshot(SopVersion, entity=sop, version=params.version or "published")
    used = Used(Sop.feature_type, sop.pk, "consumes", version=snapshot.version)
    return Done(_content_of(sop, snapshot), used=[used])


def find_sop(actor: Actor, name: str) -> Sop:
    """Return the living SOP with this id or slug that the actor may see. Raises `NotFound`."""
    rows = Sop.objects.visible_to(actor)
    try:
        found = rows.filter(pk=UUID(name)).first()
    except ValueError:
        found = _named(rows, name)
    if found is None:
        raise NotFound(f"There is no SOP {name}.")
    return found


def _named(rows: SopQuerySet, name: str) -> Sop | None:
    """Return what `[[name]]` would mean in an SOP."""
    keys = keys_of_link(Link("wikilink", name), source_path=None)
    found = {row.pk: row for row in rows.filter(reference_keys__overlap=keys)}
    pk = Resolver((pk, row.reference_keys) for pk, row in found.items()).resolve(keys)
    return None if pk is None else found[pk]


def slug_of(sop: Sop) -> str:
    """Return the name under which `kb_read` finds it again: its path without the suffix."""
    paths = [key[2:] for key in sop.reference_keys if key.startswith("p:")]
    return paths[1] if len(paths) > 1 else str(sop.pk)


def _content_of(sop: Sop, snapshot: SopVersion) -> dict[str, Any]:
    content = snapshot.content
    shown = ("title", "content", "summary", "category", "tags", "content_type", "author")
    return {
        "sop_id": str(sop.pk),
        "slug": slug_of(sop),
        "version": snapshot.version,
        "content_hash": snapshot.content_hash,
        **{name: content.get(name) for name in shown},
    }


def _references_of(params: Mapping[str, Any]) -> Iterator[Reference]:
    target = text_at(params, "sop")
    if target is not None and "${{" not in target:
        yield Reference("/sop", Sop.feature_type, target, version_at(params))


KB_SEARCH = StepKind(
    name="kb_search",
    title="Search the knowledge base",
    description="Finds SOPs by words and by meaning.",
    params=KbSearchParams,
    handle=search_knowledge,
)
KB_READ = StepKind(
    name="kb_read",
    title="Read an SOP",
    description="Reads an SOP as it was published, and notes the version.",
    params=KbReadParams,
    handle=read_sop,
    place=Place.INLINE,
    uses_database=True,
    references=_references_of,
)
KINDS = (KB_SEARCH, KB_READ)
