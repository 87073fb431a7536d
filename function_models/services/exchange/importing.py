"""Importing models: all of them, or nothing.

A model is known again by its external id, the one its file names or the file's own path: importing
it again updates it. References and links find what they mean here when all models are in, so that
the order of files does not matter; what they do not find dangles, and the report says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from config.exceptions import DomainError, FieldError, TooLarge, ValidationFailed
from config.ids import uuid7
from function_models.exchange.faces import ExchangeError
from function_models.exchange.formats import read_model
from function_models.exchange.names import free_name
from function_models.exchange.record import Finding, ForeignEnd, ModelRecord
from function_models.models import FunctionModel
from function_models.services.exchange.ends import find_ends
from function_models.services.exchange.linking import link_imported
from function_models.services.exchange.report import ImportReport
from function_models.services.exchange.sources import Files, read_folder, read_upload
from function_models.services.exchange.writing import Arrival, write_model
from function_models.services.references import heal_references
from node_links.permissions import require_creator

Progress = Callable[[int, int], None]


def import_folder(*, actor: Actor, folder: Path, **options: Any) -> ImportReport:
    """Import every model below `folder`. Options and refusals as `import_files`."""
    return import_files(actor=actor, files=_sound(lambda: read_folder(folder)), **options)


def import_upload(*, actor: Actor, name: str, file: IO[bytes], **options: Any) -> ImportReport:
    """Import a file, or every model of a zip. Options and refusals as `import_files`."""
    require_creator(actor)
    return import_files(actor=actor, files=_sound(lambda: read_upload(name, file)), **options)


def import_files(
    *, actor: Actor, files: Files, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Bring models in, inside one transaction.

    `progress` is called with (done, all) after each. Raises `ValidationFailed` (each bad file and
    place named, nothing changed), `TooLarge`, `Forbidden`.
    """
    records = _records(files)
    report = ImportReport(dry_run, len(files.files), files.ignored)
    return import_records(actor=actor, records=records, report=report, progress=progress)


def import_records(
    *,
    actor: Actor,
    records: Sequence[ModelRecord],
    report: ImportReport,
    progress: Progress | None = None,
) -> ImportReport:
    """Write `records` and say in `report` what was done; a dry run is undone at the end."""
    require_creator(actor)
    with transaction.atomic():
        known = _known(actor, records)
        ids = {
            record.external_id: known[record.external_id].pk
            if record.external_id in known
            else uuid7()
            for record in records
        }
        ends = find_ends(actor=actor, ends=_ends(records), arriving=ids)
        taken = _taken_names(actor)
        for done, record in enumerate(records, 1):
            model = known.get(record.external_id)
            named = _with_free_name(record, model, taken)
            arrival = Arrival(ids[record.external_id], named, model, ends, ids.values())
            report.models.append(_written(actor, arrival, dry_run=report.dry_run))
            if progress:
                progress(done, len(records))
        for pk in ids.values():
            heal_references(actor=actor, feature=FunctionModel.feature_type, entity_id=pk)
        for record, imported in zip(records, report.models, strict=True):
            link_imported(
                actor=actor,
                pk=ids[record.external_id],
                record=record,
                ends=ends,
                imported=imported,
            )
        if report.dry_run:
            transaction.set_rollback(True)
    return report


def _written(actor: Actor, arrival: Arrival, *, dry_run: bool) -> Any:
    try:
        imported = write_model(actor=actor, arrival=arrival)
    except DomainError as error:
        source = arrival.record.source
        error.detail = f"{source}: {error.detail}"
        error.errors.insert(0, FieldError(_pointer(source), error.code, error.detail))
        raise
    if dry_run and arrival.model is None:
        imported.id = None  # gone a moment later; it would lead nowhere
    return imported


def _known(actor: Actor, records: Iterable[ModelRecord]) -> dict[str, FunctionModel]:
    """Return the models that are here already, by external id; locked, for they may change."""
    wanted = {record.external_id for record in records}
    rows = FunctionModel.objects.visible_to(actor).select_for_update(of=("self",))
    found = {
        str(model.external_id): model
        for model in rows.filter(external_id__in=wanted).order_by("-pk")
    }
    own = {pk for one in wanted - found.keys() if (pk := _as_id(one)) is not None}
    return found | {str(model.pk): model for model in rows.filter(pk__in=own, external_id=None)}


def _taken_names(actor: Actor) -> set[str]:
    names = FunctionModel.objects.visible_to(actor).values_list("name", flat=True)
    return {name.lower() for name in names}


def _with_free_name(
    record: ModelRecord, model: FunctionModel | None, taken: set[str]
) -> ModelRecord:
    """Return the record under a name that no other model has; a changed one is told."""
    if model is not None:
        taken.discard(model.name.lower())
    name = free_name(record.name, taken)
    taken.add(name.lower())
    if name == record.name:
        return record
    told = Finding("name_changed", f"{record.name} is taken; it is called {name}.")
    return replace(
        record, fields={**record.fields, "name": name}, findings=(*record.findings, told)
    )


def _ends(records: Iterable[ModelRecord]) -> set[ForeignEnd]:
    """Return what references and links mean, whichever node of it."""
    return {
        ForeignEnd(end.feature, end.external_id, end.name)
        for record in records
        for end in (
            *(reference.target for reference in record.references),
            *(link.other for link in record.links),
        )
    }


def _records(files: Files) -> list[ModelRecord]:
    records: dict[str, ModelRecord] = {}
    faults: list[ExchangeError] = []
    for path, data in files.files:
        try:
            record = read_model(path, data)
            if record.external_id in records:
                first = records[record.external_id].source
                message = f"{first} is the same model."
                raise ExchangeError.of(path, "duplicate_model", message)
            records[record.external_id] = record
        except ExchangeError as error:
            faults.append(error)
    if faults:
        raise _refusal(faults)
    if not records:
        raise ValidationFailed.of("/file", "empty", "There is no model in it.")
    return list(records.values())


def _sound(read: Callable[[], Files]) -> Files:
    try:
        return read()
    except ExchangeError as error:
        raise _refusal([error]) from error


def _refusal(faults: list[ExchangeError]) -> DomainError:
    errors = [
        FieldError(_pointer(fault.path) + one.pointer, one.code, one.message)
        for fault in faults
        for one in fault.errors
    ]
    kind = TooLarge if any(error.code == "too_large" for error in errors) else ValidationFailed
    return kind("The import was refused; nothing was changed.", errors=errors)


def _pointer(path: str) -> str:
    """Return the JSON pointer (RFC 6901, section 3) of a file: its path is one token."""
    return "/file" + (f"/{path.replace('~', '~0').replace('/', '~1')}" if path else "")


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
