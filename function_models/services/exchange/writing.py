"""Writing one imported model: a new one with its versions, or the next state of a known one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.actors import Actor
from function_models.canvas.changes import changes_between
from function_models.canvas.document import parse_canvas
from function_models.canvas.references import references_of
from function_models.canvas.statuses import statuses_of
from function_models.exchange.record import ForeignEnd, ModelRecord, VersionRecord
from function_models.models import CANVAS_FIELDS, FunctionModel, FunctionModelVersion, document_of
from function_models.services.drawing import put_canvas
from function_models.services.exchange.report import CREATED, UNCHANGED, UPDATED, ImportedModel
from function_models.services.models import create_model, update_model
from function_models.services.publishing import open_model_version
from function_models.services.references import key_of
from node_links.audit.annotating import annotate
from node_links.canvas.documents import PARTS
from node_links.choices import Bump, EntityStatus
from node_links.events.recording import record_event
from node_links.services.entities import changes_of
from node_links.services.versions import content_hash
from node_links.versions import Version

Found = Mapping[ForeignEnd, UUID]
Document = dict[str, Any]
# The keys of an action's `data` that name something outside of the model.
REFERENCES = ("tether_reference_id", "kb_reference_id", "nested_model_id")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way in: the id it will have, the model that it is where it is here already,
    what its ends mean here, and the ids of all models that come with it.
    """

    pk: UUID
    record: ModelRecord
    model: FunctionModel | None
    ends: Found
    together: Collection[UUID] = ()


def write_model(*, actor: Actor, arrival: Arrival) -> ImportedModel:
    """Write a record. Raises as `create_model`, `update_model` and `put_canvas`."""
    record, before = arrival.record, arrival.model
    meaning = {
        reference.value: str(arrival.ends[end])
        for reference in record.references
        if (end := replace(reference.target, node_id=None)) in arrival.ends
    }
    document = _retargeted(record.document, meaning)
    if before is None:
        model, action = _create(actor, arrival, document, meaning), CREATED
    else:
        revision = before.revision
        model = _update(actor, before, record, document)
        action = UNCHANGED if model.revision == revision else UPDATED
    imported = ImportedModel(
        path=record.source,
        format=record.format,
        action=action,
        id=model.pk,
        name=model.name,
        nodes=len(model.nodes_data),
        edges=len(model.edges_data),
        versions=len(record.versions) if action == CREATED else 0,
        findings=list(record.findings),
    )
    _tell(imported, arrival, model)
    return imported


def _create(
    actor: Actor, arrival: Arrival, document: Document, meaning: Mapping[str, str]
) -> FunctionModel:
    record, head = arrival.record, arrival.record.head
    archived = head.status == EntityStatus.ARCHIVED
    drafts = head.status == EntityStatus.DRAFT or (archived and not record.versions)
    state: dict[str, Any] = {
        "version": head.version,
        "status": head.status,
        "published_version": head.published_version,
        "version_count": len(record.versions) + int(drafts),
        "archived_at": timezone.now() if archived else None,
        "archived_by_id": actor.user_id if archived else None,
        "archive_reason": head.archive_reason,
    }
    canvas = parse_canvas(document, model_id=str(arrival.pk), statuses=_statuses(document))
    act = {
        "action": "import",
        "format": record.format,
        "source": record.source,
        "nodes": len(canvas.nodes),
        "edges": len(canvas.edges),
        "versions": len(record.versions),
    }
    with annotate(event_type="FunctionModelCreated", event_data=act):
        model = create_model(
            actor=actor,
            canvas=canvas,
            id=arrival.pk,
            external_id=record.external_id,
            **record.fields,
            **state,
        )
        for version in record.versions:
            _write_version(actor, model, version, meaning)
    return model


def _write_version(
    actor: Actor, model: FunctionModel, version: VersionRecord, meaning: Mapping[str, str]
) -> None:
    """Write a version as it was published there, with what it refers to here."""
    number = Version.parse(version.version)
    document = _retargeted(document_of(version.content), meaning)
    content = {**version.content, **dict(zip(CANVAS_FIELDS, _parts(document), strict=True))}
    snapshot = FunctionModelVersion(
        organization_id=model.organization_id,
        entity=model,
        version=str(number),
        major=number.major,
        minor=number.minor,
        patch=number.patch,
        bump=version.bump,
        previous_version=version.previous_version,
        content=content,
        content_hash=content_hash(content),
        notes=version.notes,
        author_id=actor.user_id,
        created_at=_moment(version.created_at),
    )
    # Raw, as fixtures are loaded: the moment of publication is the one in the file.
    snapshot.save_base(raw=True, force_insert=True)
    record_event(
        actor=actor,
        entity=model,
        event_type="FunctionModelVersionCreated",
        data={
            "version_id": str(snapshot.pk),
            "version": str(number),
            "bump": version.bump,
            "previous_version": version.previous_version,
        },
    )


def _update(
    actor: Actor, model: FunctionModel, record: ModelRecord, document: Document
) -> FunctionModel:
    """Bring a model to the state of the record; what is published gets its next draft for it."""
    statuses = {node.id: node.data.status for node in model.canvas.nodes}
    canvas = parse_canvas(document, model_id=str(model.pk), statuses=statuses)
    changes = changes_of(model, record.fields)
    if not changes and not changes_between(model.canvas, canvas):
        return model
    if model.status == EntityStatus.ARCHIVED:
        return model
    if model.status == EntityStatus.PUBLISHED:
        model = open_model_version(actor=actor, pk=model.pk, bump=Bump.MINOR, locked=model)
    model = update_model(actor=actor, pk=model.pk, values=dict(record.fields), locked=model)
    return put_canvas(actor=actor, pk=model.pk, document=document, locked=model)


def _tell(imported: ImportedModel, arrival: Arrival, model: FunctionModel) -> None:
    coming = {key_of(model.feature_type, str(pk)) for pk in arrival.together}
    dangling = set(model.dangling_references) - coming
    for reference in references_of(model.canvas):
        if key_of(reference.feature, reference.entity_id) in dangling:
            message = f"There is no {reference.feature} {reference.entity_id} here."
            imported.tell("dangling_reference", message, reference.node_id)
    if arrival.model is None:
        return
    if model.status == EntityStatus.ARCHIVED:
        imported.tell("archived", "It is archived here; it was left as it is.")
    here = set(model.versions.values_list("version", flat=True))
    missing = [one.version for one in arrival.record.versions if one.version not in here]
    if missing:
        message = f"Versions of a model that is here are not taken over: {', '.join(missing)}."
        imported.tell("versions_left", message)


def _retargeted(document: Document, meaning: Mapping[str, str]) -> Document:
    """Return the document with references as they are known here."""
    nodes = []
    for node in document.get("nodes", []):
        data = node.get("data", {})
        known = {key: meaning[data[key]] for key in REFERENCES if data.get(key) in meaning}
        nodes.append({**node, "data": {**data, **known}} if known else node)
    return {**document, "nodes": nodes}


def _parts(document: Document) -> tuple[Any, Any, Any, Document]:
    rest = {key: value for key, value in document.items() if key not in PARTS}
    return document["nodes"], document["edges"], document["viewport"], rest


def _statuses(document: Document) -> dict[str, str]:
    """Return the statuses that a new model's nodes come with, as far as there are such ones."""
    return {
        str(node["id"]): node["data"]["status"]
        for node in document["nodes"]
        if node.get("id") and node["data"].get("status") in statuses_of(node["type"])
    }


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return found if found is not None and found.tzinfo is not None else timezone.now()
