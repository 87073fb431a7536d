"""Following what becomes of the targets of links: what drifted, what broke, each told once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor, system_actor
from accounts.tenancy import system_scope
from node_links.choices import BreakReason, Bump, DriftStatus, EntityStatus, LinkOrigin
from node_links.events.recording import NewEvent, record_events
from node_links.links.drafts import Address
from node_links.links.pins import GONE, MOVING, Drift, judge_pin, target_states
from node_links.models import LinkDrift, NodeEntity, NodeLink
from node_links.querysets import LinkQuerySet
from node_links.registry import features

LINKS_PER_TRANSACTION = 1000
_EVENTS = {DriftStatus.DRIFTED: "LinkDrifted", DriftStatus.BROKEN: "LinkBroken"}
_KEPT = ("status", "reason", "from_version", "to_version", "bump", "versions_behind")


@dataclass(frozen=True, slots=True)
class Followed:
    """How many links were looked at; how many have drifted, broken or been mended since."""

    seen: int = 0
    drifted: int = 0
    broken: int = 0
    mended: int = 0

    @property
    def changed(self) -> int:
        """How many of them are in another state than was known."""
        return self.drifted + self.broken + self.mended


def follow_links(*, actor: Actor, links: Iterable[NodeLink], write: bool = True) -> Followed:
    """Compare links of the actor's organisation with their targets, and keep what has changed.

    For links that were made or pinned anew, in that transaction. Records `LinkDrifted` or
    `LinkBroken`, as an event of the source, for each link whose state is another one than was
    known: a link whose state is known already is told of no second time. With `write` false the
    changes are counted only.
    """
    found = [link for link in links if link.origin != LinkOrigin.RUNTIME]
    if not found:
        return Followed()
    known = {row.link_id: row for row in LinkDrift.objects.filter(link__in=found)}
    wanted = judge_links(found)
    changed = {
        link: drift
        for link in found
        if (drift := wanted.get(link.pk)) != _drift_of(known.get(link.pk))
    }
    if write and changed:
        _write(actor, changed)
    states = [drift.status if drift else None for drift in changed.values()]
    return Followed(
        seen=len(found),
        drifted=states.count(DriftStatus.DRIFTED),
        broken=states.count(DriftStatus.BROKEN),
        mended=states.count(None),
    )


def follow_new(*, actor: Actor, link_ids: Sequence[UUID]) -> Followed:
    """Look at links made in this transaction with a number: one with an old one has drifted."""
    if not link_ids:
        return Followed()
    rows = NodeLink.objects.filter(organization_id=actor.tenant_id, pk__in=link_ids)
    return follow_links(actor=actor, links=rows)


def follow_target(*, organization_id: UUID, feature_type: str, entity_id: UUID) -> Followed:
    """Look at the links to an entity that was published, archived, deleted or restored."""
    rows = NodeLink.objects.filter(organization_id=organization_id)
    rows = rows.arriving_at(feature_type, entity_id)
    state = target_states(feature_type, [entity_id]).get(entity_id)
    if state is not None and not (state.is_deleted or state.is_archived):
        # Those that go with their target have nothing to tell, unless they were broken.
        rows = rows.filter(~Q(version_pin__in=MOVING) | Q(drift__isnull=False))
    total = Followed()
    for links in _batches(rows):
        total = _sum(total, follow_links(actor=system_actor(organization_id), links=links))
    return total


def follow_all(organization_id: UUID, *, write: bool = True) -> Iterator[Followed]:
    """Look at every link that may have drifted or broken; yield each step, a transaction.

    Finds what no event told of, such as a version that was removed by hand.
    """
    with system_scope(organization_id):
        out_of_use = [
            pk for feature in features.all() for pk in _out_of_use(feature.model, organization_id)
        ]
    last: UUID | None = None
    while True:
        with system_scope(organization_id) as actor:
            rows = NodeLink.objects.filter(organization_id=organization_id).filter(
                ~Q(version_pin__in=MOVING)
                | Q(drift__isnull=False)
                | Q(target_entity_id__in=out_of_use)
            )
            links = next(_batches(rows, after=last), [])
            step = follow_links(actor=actor, links=links, write=write)
        if not links:
            return
        last = links[-1].pk
        yield step


def judge_links(links: Iterable[NodeLink]) -> dict[UUID, Drift | None]:
    """Return what is wrong with each link; a target that is not there at all is as if deleted.

    Of targets whose feature has not joined nothing is known, and so nothing wrong.
    """
    by_feature: dict[str, list[NodeLink]] = {}
    for link in links:
        by_feature.setdefault(link.target_feature, []).append(link)
    judged: dict[UUID, Drift | None] = {}
    for feature, group in by_feature.items():
        if feature not in features:
            judged |= dict.fromkeys((link.pk for link in group), None)
            continue
        states = target_states(feature, {link.target_entity_id for link in group})
        for link in group:
            state = states.get(link.target_entity_id, GONE)
            judged[link.pk] = judge_pin(link.version_pin, state)
    return judged


def _drift_of(row: LinkDrift | None) -> Drift | None:
    """Return what is known of a link, in the form in which it is judged."""
    if row is None:
        return None
    return Drift(
        status=DriftStatus(row.status),
        from_version=row.from_version,
        to_version=row.to_version,
        reason=BreakReason(row.reason) if row.reason else None,
        bump=Bump(row.bump) if row.bump else None,
        versions_behind=row.versions_behind,
    )


def _write(actor: Actor, changed: dict[NodeLink, Drift | None]) -> None:
    now = timezone.now()
    mended = [link.pk for link, drift in changed.items() if drift is None]
    if mended:
        LinkDrift.objects.filter(link__in=mended).delete()
    LinkDrift.objects.bulk_create(
        [
            LinkDrift(
                link=link,
                organization_id=link.organization_id,
                since=now,
                **{name: getattr(drift, name) for name in _KEPT},
            )
            for link, drift in changed.items()
            if drift is not None
        ],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=[*_KEPT, "since"],
    )
    record_events(
        actor=actor,
        events=[_event(link, drift) for link, drift in changed.items() if drift is not None],
    )


def _event(link: NodeLink, drift: Drift) -> NewEvent:
    source = Address(link.source_feature, link.source_entity_id, link.source_node_id)
    target = Address(link.target_feature, link.target_entity_id, link.target_node_id)
    data: dict[str, object] = {
        "link_id": str(link.pk),
        "link_type": link.link_type,
        "source": source.told(),
        "target": target.told(),
    }
    if drift.status == DriftStatus.DRIFTED:
        data |= {
            "from_version": drift.from_version,
            "to_version": drift.to_version,
            "bump": drift.bump,
            "versions_behind": drift.versions_behind,
        }
    else:
        data |= {"version_pin": link.version_pin, "reason": drift.reason}
    return NewEvent(
        link.source_feature,
        link.source_entity_id,
        _EVENTS[drift.status],
        data,
        node_id=link.source_node_id,
    )


def _batches(rows: LinkQuerySet, after: UUID | None = None) -> Iterator[list[NodeLink]]:
    """Yield the links in batches, locked: nobody pins one anew while it is judged."""
    while True:
        left = rows.filter(pk__gt=after) if after else rows
        ordered = left.order_by("pk").select_for_update(of=("self",), no_key=True)
        links = list(ordered[:LINKS_PER_TRANSACTION])
        if not links:
            return
        yield links
        after = links[-1].pk


def _out_of_use(model: type[NodeEntity], organization_id: UUID) -> Iterable[UUID]:
    rows = model.all_objects.filter(organization_id=organization_id)
    found = rows.deleted() | rows.filter(status=EntityStatus.ARCHIVED)
    return found.values_list("pk", flat=True)


def _sum(one: Followed, other: Followed) -> Followed:
    return Followed(
        one.seen + other.seen,
        one.drifted + other.drifted,
        one.broken + other.broken,
        one.mended + other.mended,
    )
