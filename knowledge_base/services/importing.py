"""Importing a collection of Markdown: all of it, or nothing.

A file keeps the SOP it became by its path: importing it again updates that SOP. References are
resolved when all files are in, so that their order does not matter.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.db import transaction

from accounts.actors import Actor
from config.exceptions import DomainError, FieldError, TooLarge, ValidationFailed
from knowledge_base.models import Sop, SopReference
from knowledge_base.services.references import (
    heal_references,
    load_resolver,
    sync_references,
)
from knowledge_base.services.sops import create_sop, publish_sop, update_sop
from knowledge_base.sources.archive import read_zip
from knowledge_base.sources.collection import Collection
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.folder import read_folder
from knowledge_base.sources.record import SourceRecord, to_record
from node_links.choices import EntityStatus
from node_links.permissions import require_creator

Progress = Callable[[int, int], None]
_TOO_LARGE = {"too_large", "too_many_files", "total_too_large", "compression_ratio"}
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(slots=True)
class ImportReport:
    """What an import did; with `dry_run`, what it would do."""

    dry_run: bool
    files: int
    ignored: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    references: int = 0
    dangling: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)

    def note(self, path: str, action: str, sop: Sop) -> None:
        """Count one file."""
        setattr(self, action, getattr(self, action) + 1)
        # In a dry run the SOP is gone a moment later; its id would lead nowhere.
        known = None if self.dry_run and action == CREATED else str(sop.pk)
        self.items.append({"path": path, "action": action, "id": known, "title": sop.title})

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def import_folder(*, actor: Actor, folder: Path, **options: Any) -> ImportReport:
    """Import every Markdown file below `folder`. Options and refusals as `import_collection`."""
    return import_collection(actor=actor, collection=_read(lambda: read_folder(folder)), **options)


def import_archive(*, actor: Actor, file: IO[bytes], **options: Any) -> ImportReport:
    """Import every Markdown file of a zip. Options and refusals as `import_collection`."""
    require_creator(actor)
    return import_collection(actor=actor, collection=_read(lambda: read_zip(file)), **options)


def import_collection(
    *,
    actor: Actor,
    collection: Collection,
    dry_run: bool = False,
    publish: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a collection in, inside one transaction.

    `progress` is called with (done, all) after each file. With `publish` every draft that the
    import made or changed is published. Raises `ValidationFailed` (each bad file named, nothing
    changed), `TooLarge`, `Forbidden`.
    """
    require_creator(actor)
    records = _records(collection)
    report = ImportReport(dry_run=dry_run, files=len(records), ignored=collection.ignored)
    with transaction.atomic():
        touched = _write(actor, records, report, progress)
        _connect(actor, touched)
        if publish:
            _publish(actor, touched)
        _count_references(report, [sop for sop, _ in touched])
        if dry_run:
            transaction.set_rollback(True)
    return report


def _write(
    actor: Actor, records: list[SourceRecord], report: ImportReport, progress: Progress | None
) -> list[tuple[Sop, str]]:
    known = _known(actor, records)
    touched: list[tuple[Sop, str]] = []
    for done, record in enumerate(records, 1):
        sop, action = _write_one(actor, record, known.get(record.source_path))
        touched.append((sop, action))
        report.note(record.source_path, action, sop)
        if progress:
            progress(done, len(records))
    return touched


def _known(actor: Actor, records: list[SourceRecord]) -> dict[str, Sop]:
    """Return {path: the SOP that this file is}, by path, else by the id an export wrote into it."""
    rows = Sop.objects.filter(organization_id=actor.tenant_id).only("pk", "source_path", "revision")
    paths = {record.source_path for record in records}
    known = {str(sop.source_path): sop for sop in rows.filter(source_path__in=paths)}
    exported = {
        record.nodeloom_id: record.source_path
        for record in records
        if record.nodeloom_id and record.source_path not in known
    }
    written_here = rows.filter(source_path=None, pk__in=exported) if exported else ()
    return known | {exported[str(sop.pk)]: sop for sop in written_here}


def _write_one(actor: Actor, record: SourceRecord, known: Sop | None) -> tuple[Sop, str]:
    values = _values(record)
    try:
        if known is None:
            sop = create_sop(
                actor=actor, source_path=record.source_path, with_references=False, **values
            )
            return sop, CREATED
        sop = update_sop(actor=actor, pk=known.pk, values=values, with_references=False)
    except DomainError as error:
        error.detail = f"{record.source_path}: {error.detail}"
        error.errors.append(FieldError(_pointer(record.source_path), error.code, error.detail))
        raise
    return sop, UNCHANGED if sop.revision == known.revision else UPDATED


def _values(record: SourceRecord) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": record.title,
        "content": record.content,
        "summary": record.summary or None,
        "category": record.category or None,
        "tags": list(record.tags),
        "aliases": list(record.aliases),
        "content_type": record.content_type,
        "complexity": record.complexity or None,
        "audience": record.audience or None,
        "searchable": record.searchable,
        "metadata": dict(record.metadata),
    }
    if record.author:
        values["author"] = record.author
    if record.review_due_on:
        values["review_due_on"] = date.fromisoformat(record.review_due_on)
    if record.search_keywords:
        values["search_keywords"] = list(record.search_keywords)
    return values


def _connect(actor: Actor, touched: list[tuple[Sop, str]]) -> None:
    changed = [sop for sop, action in touched if action != UNCHANGED]
    if not changed:
        return
    resolver = load_resolver(organization_id=changed[0].organization_id)
    for sop in changed:
        sync_references(actor=actor, sop=sop, resolver=resolver)
    for sop in changed:
        heal_references(actor=actor, sop=sop)


def _publish(actor: Actor, touched: list[tuple[Sop, str]]) -> None:
    for sop, _ in touched:
        if sop.status == EntityStatus.DRAFT:
            publish_sop(actor=actor, pk=sop.pk)


def _count_references(report: ImportReport, sops: Iterable[Sop]) -> None:
    rows = SopReference.objects.filter(sop__in=[sop.pk for sop in sops])
    report.references = rows.count()
    report.dangling = rows.dangling().count()


def _records(collection: Collection) -> list[SourceRecord]:
    records: list[SourceRecord] = []
    faults = list(collection.faults)
    for source in collection:
        try:
            records.append(to_record(source, collection.navigation))
        except SourceError as error:
            faults.append(error)
    if faults:
        raise _refusal(faults)
    if not records:
        raise ValidationFailed.of("/file", "empty", "There is no Markdown file in it.")
    return records


def _read(read: Callable[[], Collection]) -> Collection:
    try:
        return read()
    except SourceError as error:
        raise _refusal([error]) from error


def _refusal(faults: list[SourceError]) -> DomainError:
    """Return the refusal that names every fault; 413 where one is about size."""
    kind = TooLarge if any(fault.code in _TOO_LARGE for fault in faults) else ValidationFailed
    errors = [
        FieldError(_pointer(fault.path), fault.code, fault.message)
        for fault in sorted(faults, key=lambda fault: fault.path)
    ]
    return kind("The import was refused; nothing was changed.", errors=errors)


def _pointer(path: str) -> str:
    """Return the JSON pointer (RFC 6901, section 3) of a file: its path is one token."""
    return "/file" + (f"/{path.replace('~', '~0').replace('/', '~1')}" if path else "")
