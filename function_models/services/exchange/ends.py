"""Names of entities that hold in other installations too, and the entities they name here."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models.functions import Lower

from accounts.actors import Actor
from function_models.exchange.record import ForeignEnd
from function_models.models import FunctionModel
from knowledge_base.models import Sop
from node_links.choices import FeatureType
from node_links.models import NodeMetadata

Entity = tuple[str, UUID]


def name_ends(*, actor: Actor, entities: Iterable[Entity]) -> dict[Entity, ForeignEnd]:
    """Return how each living entity of the actor's organisation is named in files.

    By the path or id it was imported under, else by its own id; and by what people call it.
    """
    wanted = set(entities)
    ids = {pk for _, pk in wanted}
    rows = NodeMetadata.objects.visible_to(actor).filter(node_id=None, entity_id__in=ids)
    names = rows.values_list("feature_type", "entity_id", "name")
    known = _external_ids(actor, ids)
    return {
        (feature, pk): ForeignEnd(feature, known.get((feature, pk)) or str(pk), name)
        for feature, pk, name in names
        if (feature, pk) in wanted
    }


def _external_ids(actor: Actor, ids: set[UUID]) -> dict[Entity, str | None]:
    sops = Sop.objects.visible_to(actor).filter(pk__in=ids)
    models = FunctionModel.objects.visible_to(actor).filter(pk__in=ids)
    return {
        (feature, pk): external_id
        for feature, rows in (
            (FeatureType.KNOWLEDGE_BASE.value, sops.values_list("pk", "source_path")),
            (FeatureType.FUNCTION_MODEL.value, models.values_list("pk", "external_id")),
        )
        for pk, external_id in rows
    }


def find_ends(
    *, actor: Actor, ends: Iterable[ForeignEnd], arriving: Mapping[str, UUID]
) -> dict[ForeignEnd, UUID]:
    """Return the entities of the actor's organisation that `ends` name; the others are left out.

    `arriving` are the models of the same import by their external ids: they come first. Then the
    path or id under which something was imported, then its own id, then its name where one alone
    has it, ignoring case.
    """
    wanted = set(ends)
    found: dict[ForeignEnd, UUID] = {
        end: arriving[end.external_id]
        for end in wanted
        if end.feature == FeatureType.FUNCTION_MODEL and end.external_id in arriving
    }
    rest = wanted - found.keys()
    if not rest:
        return found
    imported = _imported(actor, rest)
    living = _living(actor, rest)
    named = _named(actor, {end for end in rest if end.name})
    for end in rest:
        pk = imported.get((end.feature, end.external_id))
        pk = pk or living.get((end.feature, end.external_id.lower()))
        pk = pk or named.get((end.feature, end.name.lower()))
        if pk is not None:
            found[end] = pk
    return found


def _imported(actor: Actor, ends: Iterable[ForeignEnd]) -> dict[tuple[str, str], UUID]:
    keys = {end.external_id for end in ends}
    sops = Sop.objects.visible_to(actor).filter(source_path__in=keys)
    models = FunctionModel.objects.visible_to(actor).filter(external_id__in=keys)
    # The oldest of several comes last, and stays.
    return {
        (feature, str(external_id)): pk
        for feature, rows in (
            (FeatureType.KNOWLEDGE_BASE.value, sops.values_list("source_path", "pk")),
            (FeatureType.FUNCTION_MODEL.value, models.values_list("external_id", "pk")),
        )
        for external_id, pk in rows.order_by("-pk")
    }


def _living(actor: Actor, ends: Iterable[ForeignEnd]) -> dict[tuple[str, str], UUID]:
    ids = {known for end in ends if (known := _as_id(end.external_id)) is not None}
    rows = NodeMetadata.objects.visible_to(actor).filter(node_id=None, entity_id__in=ids)
    return {(feature, str(pk)): pk for feature, pk in rows.values_list("feature_type", "entity_id")}


def _named(actor: Actor, ends: Iterable[ForeignEnd]) -> dict[tuple[str, str], UUID]:
    """Return what has a name alone in its feature."""
    names = {end.name.lower() for end in ends}
    sops = Sop.objects.visible_to(actor).alias(said=Lower("title")).filter(said__in=names)
    models = (
        FunctionModel.objects.visible_to(actor).alias(said=Lower("name")).filter(said__in=names)
    )
    several: dict[tuple[str, str], list[UUID]] = {}
    for feature, rows in (
        (FeatureType.KNOWLEDGE_BASE.value, sops.values_list("title", "pk")),
        (FeatureType.FUNCTION_MODEL.value, models.values_list("name", "pk")),
    ):
        for name, pk in rows:
            several.setdefault((feature, name.lower()), []).append(pk)
    return {key: pks[0] for key, pks in several.items() if len(pks) == 1}


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
