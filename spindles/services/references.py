"""What steps refer to: found by id or slug, and kept as derived links (triggers, consumes).

A step may refer to what is not there: a definition may run ahead. Such references are noted with
the spindle, and linked as soon as what they mean appears.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from knowledge_base.markdown.links import Link
from knowledge_base.models import Sop
from knowledge_base.references import Resolver, keys_of_link
from node_links.links.drafts import Address
from node_links.registry import Feature, features
from node_links.services.links.derived import Wanted, sync_links_inside
from node_links.versions import Version
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.references import LINK_TYPES, StepReference, references_of
from spindles.models import Spindle

MOVING = frozenset({"published", "latest", "draft"})
Found = dict[tuple[str, str], UUID]
"""The entities that references mean, by (feature, target)."""


def find_entities(organization_id: UUID, references: Iterable[StepReference]) -> Found:
    """Return what the references mean, as far as it is there; one statement for each feature."""
    asked: dict[str, set[str]] = {}
    for one in references:
        asked.setdefault(one.feature, set()).add(one.target)
    found: Found = {}
    for feature in features.all():
        if feature.feature_type in asked:
            found |= _entities_in(feature, organization_id, asked[feature.feature_type])
    return found


def find_dangling(
    organization_id: UUID, references: Sequence[StepReference], found: Found
) -> list[StepReference]:
    """Return the references whose entity, or whose version of it, is not there."""
    versions = _versions_of(references, found)
    return [
        one
        for one in references
        if (key := (one.feature, one.target)) not in found
        or (
            one.version is not None
            and one.version not in MOVING
            and one.version not in versions.get(found[key], set())
        )
    ]


def note_references(spindle: Spindle, references: Sequence[StepReference]) -> list[Wanted]:
    """Return the links that references want, and note the others with the spindle, unsaved."""
    found = find_entities(spindle.organization_id, references) if references else {}
    wanted, dangling = [], set()
    for one in references:
        known = found.get((one.feature, one.target))
        if known is None:
            dangling.add(key_of(one.feature, one.target))
        elif known != spindle.pk and one.feature in LINK_TYPES:
            target = Address(one.feature, known)
            wanted.append(Wanted(one.step_id, LINK_TYPES[one.feature], target))
    spindle.dangling_references = sorted(dangling)
    return wanted


def link_references(*, actor: Actor, spindle: Spindle, wanted: Iterable[Wanted]) -> None:
    """Make the derived links of the steps of `spindle` exactly those wanted."""
    sync_links_inside(actor=actor, source=spindle, wanted=wanted)


def follow_references(*, actor: Actor, spindle: Spindle) -> None:
    """Look again for what the steps of a spindle refer to: it may have come or gone."""
    steps = parse_drawing(spindle.document, stored=True).steps
    wanted = note_references(spindle, list(references_of(steps)))
    Spindle.all_objects.filter(pk=spindle.pk).update(
        dangling_references=spindle.dangling_references
    )
    link_references(actor=actor, spindle=spindle, wanted=wanted)


def heal_references(*, actor: Actor, feature: str, entity_id: UUID) -> int:
    """Link the steps that refer to an entity which has appeared; return in how many spindles."""
    waiting = Spindle.all_objects.filter(organization_id=actor.tenant_id, deleted_at=None)
    if feature == Sop.feature_type:
        # An SOP goes by many names: each spindle that waits for one is asked again.
        waiting = waiting.exclude(dangling_references=[])
    else:
        slugs = Spindle.objects.filter(pk=entity_id).values_list("slug", flat=True)
        keys = [key_of(feature, target) for target in (str(entity_id), *slugs)]
        waiting = waiting.filter(dangling_references__overlap=keys)
    healed = 0
    for spindle in waiting.select_for_update(of=("self",)).order_by("pk"):
        if any(key.startswith(f"{feature}:") for key in spindle.dangling_references):
            follow_references(actor=actor, spindle=spindle)
            healed += 1
    return healed


def key_of(feature: str, target: str) -> str:
    """Return a reference as `dangling_references` holds it."""
    known = _id(target)
    return f"{feature}:{known or target}"


def _entities_in(feature: Feature, organization_id: UUID, targets: set[str]) -> Found:
    ids = {target: known for target in targets if (known := _id(target)) is not None}
    wanted = Q(pk__in=set(ids.values()))
    if feature.model is Spindle:
        wanted |= Q(slug__in=targets)
    rows: Any = feature.model.all_objects.filter(organization_id=organization_id)
    named = ("pk", "slug") if feature.model is Spindle else ("pk",)
    there = list(rows.alive().filter(wanted).values_list(*named))
    alive = {row[0] for row in there}
    found = {
        (feature.feature_type, target): known for target, known in ids.items() if known in alive
    }
    if feature.model is Sop:
        found = _sops_named(organization_id, targets - ids.keys()) | found
    # A slug may look like an id; the id is meant then.
    slugs = {(feature.feature_type, row[1]): row[0] for row in there if len(row) > 1}
    return {key: known for key, known in slugs.items() if key[1] in targets} | found


def _sops_named(organization_id: UUID, names: set[str]) -> Found:
    """Return the SOPs that go by these names, as in a link of one SOP to another."""
    keys = {name: keys_of_link(Link("wikilink", name), source_path=None) for name in names}
    asked = [key for known in keys.values() for key in known]
    if not asked:
        return {}
    rows = Sop.objects.filter(organization_id=organization_id, reference_keys__overlap=asked)
    resolver = Resolver(rows.values_list("pk", "reference_keys"))
    resolved = {name: resolver.resolve(known) for name, known in keys.items()}
    return {(Sop.feature_type, name): pk for name, pk in resolved.items() if pk is not None}


def _versions_of(references: Iterable[StepReference], found: Found) -> dict[UUID, set[str]]:
    """Return the published numbers among those that references pin, as they are written there."""
    pinned: dict[str, dict[UUID, dict[str, str]]] = {}
    for one in references:
        known = found.get((one.feature, one.target))
        number = None if one.version is None else _number(one.version)
        if known is not None and number is not None and one.version is not None:
            pinned.setdefault(one.feature, {}).setdefault(known, {})[one.version] = number
    versions: dict[UUID, set[str]] = {}
    for feature_type, asked in pinned.items():
        snapshots = features.get(feature_type).snapshots
        if snapshots is None:
            continue
        rows: QuerySet[Any] = snapshots._default_manager.all()
        there = set(rows.filter(entity_id__in=asked).values_list("entity_id", "version"))
        for entity_id, numbers in asked.items():
            versions[entity_id] = {
                text for text, number in numbers.items() if (entity_id, number) in there
            }
    return versions


def _number(text: str) -> str | None:
    try:
        return str(Version.parse(text))
    except ValidationFailed:
        return None


def _id(target: str) -> UUID | None:
    try:
        return UUID(target)
    except ValueError:
        return None
