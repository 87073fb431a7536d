"""Keeping references, and the links derived from them, in step with the texts."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor
from config.db import prepared_cursor
from config.rows import insert_rows
from knowledge_base.markdown.links import Link
from knowledge_base.models import Sop, SopReference
from knowledge_base.references import Resolver, keys_of_link
from node_links.services.links.derived import sync_derived_links

LINK_TYPE = "references"
# Asked by every new SOP and nearly always answered with nothing.
_WAITING = """
SELECT r.id FROM sop_references r JOIN knowledge_base_sops s USING (sop_id)
WHERE r.organization_id = %s AND r.target_id IS NULL AND r.target_keys && %s::text[]
    AND s.deleted_at IS NULL
"""
_WRITTEN = ("kind", "raw_target", "target_keys", "fragment", "label", "target_id")


def sync_references(
    *,
    actor: Actor,
    sop: Sop,
    resolver: Resolver | None = None,
    is_new: bool = False,
    relink: bool = False,
) -> None:
    """Store what the text of `sop` refers to, and lead its derived links there.

    `resolver` knows all SOPs already during an import; otherwise those that the text may mean are
    looked up. `is_new` says that the SOP was created in this transaction, `relink` that its derived
    links may be gone although its text says what it said.
    """
    fresh = _read(sop)
    resolver = resolver or _resolver_for(sop, fresh)
    for reference in fresh:
        reference.target_id = resolver.resolve(reference.target_keys)
    present = [] if is_new else list(sop.references.order_by("position"))
    same = [_identity(r) for r in present] == [_identity(r) for r in fresh]
    if same and not relink:
        return
    if not same:
        if present:
            sop.references.all().delete()
        insert_rows(fresh)
    _sync_links(actor, sop, (reference.target_id for reference in fresh))


def heal_references(*, actor: Actor, sop: Sop) -> int:
    """Let dangling references that mean `sop` point at it; return how many did."""
    with prepared_cursor() as cursor:
        cursor.execute(_WAITING, [actor.organization_id, sop.reference_keys])
        keys = [key for (key,) in cursor.fetchall()]
    if not keys:
        return 0
    healed = SopReference.objects.filter(pk__in=keys)
    healed.update(target=sop)
    _sync_sources(actor, healed.select_related("sop"))
    return len(keys)


def detach_references(*, actor: Actor, sop: Sop) -> None:
    """Let references to a deleted or renamed `sop` look for their target again, or dangle."""
    attached = list(SopReference.objects.visible_to(actor).filter(target=sop).select_related("sop"))
    if not attached:
        return
    resolver = _resolver_for(sop, attached)
    for reference in attached:
        reference.target_id = resolver.resolve(reference.target_keys)
    moved = [reference for reference in attached if reference.target_id != sop.pk]
    SopReference.objects.bulk_update(moved, ["target"])
    _sync_sources(actor, moved)


def find_targets(*, sop: Sop, links: Iterable[Link]) -> dict[str, object]:
    """Return {target as written: id of the SOP it means} for links that `sop` may come to have.

    Links that mean nothing are left out. Writes nothing.
    """
    asked = {link.target: keys_of_link(link, source_path=sop.source_path) for link in links}
    keys = sorted({key for wanted in asked.values() for key in wanted})
    if not keys:
        return {}
    resolver = _resolver(_meant_by(sop.organization_id, keys))
    found = {target: resolver.resolve(wanted) for target, wanted in asked.items()}
    return {target: pk for target, pk in found.items() if pk is not None}


def load_resolver(*, organization_id: UUID) -> Resolver:
    """Return a resolver that knows every SOP of the organisation."""
    return _resolver(Sop.objects.filter(organization_id=organization_id))


def _read(sop: Sop) -> list[SopReference]:
    return [
        SopReference(
            organization_id=sop.organization_id,
            sop=sop,
            position=position,
            kind=link.kind,
            raw_target=link.target[:1000],
            target_keys=keys_of_link(link, source_path=sop.source_path),
            fragment=link.fragment[:500],
            label=link.label[:500],
        )
        for position, link in enumerate(sop.document.links)
    ]


def _resolver_for(sop: Sop, references: Iterable[SopReference]) -> Resolver:
    keys = sorted({key for reference in references for key in reference.target_keys})
    return _resolver(_meant_by(sop.organization_id, keys)) if keys else Resolver([])


def _meant_by(organization_id: UUID, keys: list[str]) -> QuerySet[Sop]:
    return Sop.objects.filter(organization_id=organization_id, reference_keys__overlap=keys)


def _resolver(sops: QuerySet[Sop]) -> Resolver:
    return Resolver(sops.values_list("pk", "reference_keys"))


def _identity(reference: SopReference) -> tuple[object, ...]:
    return tuple(getattr(reference, name) for name in _WRITTEN)


def _sync_sources(actor: Actor, references: Iterable[SopReference]) -> None:
    for sop in {reference.sop_id: reference.sop for reference in references}.values():
        _sync_links(actor, sop, sop.references.resolved().values_list("target_id", flat=True))


def _sync_links(actor: Actor, sop: Sop, targets: Iterable[UUID | None]) -> None:
    sync_derived_links(
        actor=actor,
        source=sop,
        link_type=LINK_TYPE,
        target_feature=Sop.feature_type,
        targets={target for target in targets if target is not None},
    )
