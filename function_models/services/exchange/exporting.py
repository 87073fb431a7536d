"""Writing models as files."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import orjson

from accounts.actors import Actor
from accounts.tenancy import writing_scope
from config.exceptions import NotFound
from function_models.canvas.document import parse_canvas
from function_models.canvas.references import references_of
from function_models.exchange.faces import Exporter
from function_models.exchange.formats import EXPORTERS
from function_models.exchange.own.shape import Content
from function_models.exchange.record import (
    ForeignEnd,
    Head,
    LinkRecord,
    ModelRecord,
    ReferenceRecord,
    VersionRecord,
)
from function_models.models import FunctionModel, document_of
from function_models.services.exchange.ends import Entity, name_ends
from knowledge_base.sources.paths import export_path, fold_path
from node_links.audit.accessing import record_access
from node_links.choices import LinkOrigin
from node_links.exports.kinds import ExportKind, export_kinds
from node_links.models import NodeLink

Progress = Callable[[int, int], None]
FIELDS = tuple(Content.model_fields)
FEATURE = FunctionModel.feature_type


def export_model(*, actor: Actor, model: FunctionModel, format_name: str) -> tuple[str, bytes]:
    """Return (file name, file) of one model; the export is put on record."""
    exporter = EXPORTERS[format_name]
    with writing_scope(actor):
        note_export(actor, format_name, count=1, model_id=model.pk)
    data = exporter.write(record_of(actor=actor, model=model))
    return _file_name(model.name, exporter, set()), data


def export_folder(
    *, actor: Actor, folder: Path, format_name: str = "json", progress: Progress | None = None
) -> int:
    """Write every model of the actor's organisation into `folder`; return how many.

    Existing files of the same name are replaced. Raises `OSError` where it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = models_of(actor)
    total, count = rows.count(), 0
    for count, (name, data) in enumerate(_files(actor, rows, format_name), 1):
        (folder / name).write_bytes(data)
        if progress:
            progress(count, total)
    note_export(actor, format_name, count=count)
    return count


def export_archive(
    *, actor: Actor, ids: Sequence[UUID] | None, format_name: str, file: IO[bytes]
) -> int:
    """Write models as a zip into `file`; without `ids` all that are not archived. Return how many.

    Raises `NotFound` where an id is none of a model that the actor may see.
    """
    rows = models_of(actor)
    if ids is not None:
        require_models(actor, ids)
        rows = FunctionModel.objects.visible_to(actor).filter(pk__in=ids).order_by("pk")
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(actor, rows, format_name):
            archive.writestr(name, data)
            count += 1
    note_export(actor, format_name, count=count)
    return count


def require_models(actor: Actor, ids: Iterable[UUID]) -> None:
    """Raise `NotFound` unless the actor may see every model of the ids."""
    wanted = set(ids)
    if FunctionModel.objects.visible_to(actor).filter(pk__in=wanted).count() < len(wanted):
        raise NotFound("One of the models is not there.")


def register_export() -> None:
    """Let models be exported as files."""
    export_kinds.add(
        ExportKind("function-models", tuple(EXPORTERS), export_archive, require_models)
    )


def models_of(actor: Actor) -> Any:
    """Return the models that an export of everything holds, the oldest first."""
    return FunctionModel.objects.visible_to(actor).exclude(status="archived").order_by("pk")


def record_of(*, actor: Actor, model: FunctionModel) -> ModelRecord:
    """Return the record that imports as `model`."""
    versions = list(model.versions.order_by("major", "minor", "patch"))
    documents = [model.document, *(document_of(version.content) for version in versions)]
    references = _references(documents)
    links = list(
        NodeLink.objects.visible_to(actor)
        .touching(FEATURE, model.pk)
        .filter(origin=LinkOrigin.MANUAL)
        .order_by("pk")
    )
    others = {_other(model, link)[0] for link in links}
    ends = name_ends(actor=actor, entities=[*references.values(), *others])
    return ModelRecord(
        external_id=model.external_id or str(model.pk),
        fields={name: _plain(getattr(model, name)) for name in FIELDS},
        document=model.document,
        head=Head(model.version, model.status, model.published_version, model.archive_reason),
        versions=tuple(
            VersionRecord(
                version.version,
                version.bump,
                version.previous_version,
                version.content,
                version.notes,
                version.created_at.isoformat(),
            )
            for version in versions
        ),
        references=tuple(
            ReferenceRecord(value, ends[entity])
            for value, entity in references.items()
            if entity in ends
        ),
        links=tuple(_link(model, link, ends) for link in links),
    )


def note_export(
    actor: Actor, format_name: str, *, count: int, model_id: UUID | None = None
) -> None:
    """Put on record that models went out."""
    record_access(
        actor=actor,
        table_name=FunctionModel._meta.db_table,
        record_id=model_id or "",
        entity_id=model_id,
        event_type="export",
        event_data={"action": "export", "format": format_name, "models": count},
    )


def _files(
    actor: Actor, rows: Iterable[FunctionModel], format_name: str
) -> Iterator[tuple[str, bytes]]:
    exporter, taken = EXPORTERS[format_name], set[str]()
    for model in rows.iterator(chunk_size=50) if hasattr(rows, "iterator") else rows:
        name = _file_name(model.name, exporter, taken)
        taken.add(fold_path(name))
        yield name, exporter.write(record_of(actor=actor, model=model))


def _file_name(name: str, exporter: Exporter, taken: set[str]) -> str:
    plain = {path.removesuffix(exporter.suffix) + ".md" for path in taken}
    return export_path(name, plain).removesuffix(".md") + exporter.suffix


def _references(documents: Iterable[dict[str, Any]]) -> dict[str, Entity]:
    """Return what the actions of the drawings refer to, by the reference as it is written."""
    found: dict[str, Entity] = {}
    for document in documents:
        for reference in references_of(parse_canvas(document)):
            try:
                found[reference.entity_id] = (reference.feature, UUID(reference.entity_id))
            except ValueError:
                continue  # nobody's id: it dangles here as it will there
    return found


def _other(model: FunctionModel, link: NodeLink) -> tuple[Entity, str | None]:
    if (link.source_feature, link.source_entity_id) == (FEATURE, model.pk):
        return (link.target_feature, link.target_entity_id), link.target_node_id
    return (link.source_feature, link.source_entity_id), link.source_node_id


def _link(model: FunctionModel, link: NodeLink, ends: dict[Entity, ForeignEnd]) -> LinkRecord:
    leaves = (link.source_feature, link.source_entity_id) == (FEATURE, model.pk)
    entity, node_id = _other(model, link)
    named = ends.get(entity) or ForeignEnd(entity[0], str(entity[1]))
    return LinkRecord(
        leaves=leaves,
        node_id=link.source_node_id if leaves else link.target_node_id,
        other=ForeignEnd(named.feature, named.external_id, named.name, node_id),
        link_type=link.link_type,
        base_strength=str(link.base_strength),
        link_context=link.link_context,
        visual_properties=link.visual_properties,
        version_pin=link.version_pin,
    )


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))
