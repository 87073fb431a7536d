"""Asking for exports, writing them, and removing them when their time is over."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.db import joined_transaction
from config.doorbells import send
from config.exceptions import DomainError, NotFound, ValidationFailed
from node_links.choices import ExportStatus
from node_links.exports.kinds import ExportKind, export_kinds
from node_links.models.exports import UNFINISHED, Export

# By name: tasks stand above what they call.
EXPORT_RUN = "node_links.tasks.exports.run_export"
UNATTENDED_AFTER = timedelta(minutes=15)
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_MAX_ERROR = 4000


def start_export(
    *, actor: Actor, kind: str, format_name: str | None = None, ids: Sequence[UUID] | None = None
) -> Export:
    """Store an export and return it, queued; a worker writes it after the commit.

    Raises `ValidationFailed` (`invalid_choice`), `NotFound` for an id of nothing that the actor may
    see.
    """
    found = export_kinds.get(kind)
    if found is None:
        raise _choice("/kind", export_kinds.names)
    wanted = format_name or found.formats[0]
    if wanted not in found.formats:
        raise _choice("/format", found.formats)
    if actor.user_id is None:
        raise NotFound("An export belongs to a member.")
    if ids is not None:
        found.require(actor, ids)
    with joined_transaction():
        export = Export.objects.create(
            organization_id=actor.tenant_id,
            kind=kind,
            format=wanted,
            entity_ids=None if ids is None else list(dict.fromkeys(ids)),
            requested_by_id=actor.user_id,
        )
        transaction.on_commit(partial(enqueue_export, export.pk))
    return export


def enqueue_export(export_id: UUID) -> None:
    """Ask a worker to write the export; while the broker is away it waits for the sweep."""
    send(EXPORT_RUN, export_id)


def run_export(export_id: UUID) -> bool:
    """Write an export with the rights of who asked for it; False where there is nothing to do.

    What goes wrong is kept in the row for whoever asked; a database or storage that fails leaves it
    to the sweep and is raised.
    """
    claimed = _claim(export_id)
    if claimed is None:
        return False
    export, actor = claimed
    kind = export_kinds.get(export.kind)
    if kind is None or actor is None:
        _fail(export, "Who asked for it is no member any more." if kind else "No such kind.")
        return True
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        try:
            with scope(actor):
                count = _write(kind, actor, export, file)
        except DomainError as error:
            _fail(export, error.detail)
            return True
        except (OperationalError, InterfaceError, OSError):
            raise  # no word of the export itself; the sweep goes on with it
        except Exception as error:
            # Whatever it was: it is shown to whoever asked for the export, and raised for the log.
            _fail(export, type(error).__name__)
            raise
        _store(export, file, count)
    return True


def open_export(export: Export) -> IO[bytes]:
    """Return the file of an export. Raises `NotFound` where it is not there yet, or no more."""
    if not export.is_available or not default_storage.exists(export.file):
        raise NotFound("There is no file, or its time is over.")
    return default_storage.open(export.file)


def resume_exports() -> int:
    """Ask for the exports that nobody has touched for a quarter of an hour; return how many."""
    with system_scope():
        rows = Export.objects.filter(
            status__in=UNFINISHED, updated_at__lt=timezone.now() - UNATTENDED_AFTER
        )
        waiting = list(rows.values_list("pk", flat=True))
    for pk in waiting:
        enqueue_export(pk)
    return len(waiting)


def purge_exports() -> int:
    """Remove the exports whose time is over, files first; return how many."""
    over = timezone.now()
    with system_scope():
        rows = list(Export.objects.filter(expires_at__lte=over))
        for export in rows:
            if export.file:
                default_storage.delete(export.file)
        Export.objects.filter(pk__in=[export.pk for export in rows]).delete()
    return len(rows)


def _claim(export_id: UUID) -> tuple[Export, Actor | None] | None:
    """Return an export that is to be written now, and in whose name; None where there is none."""
    with system_scope():
        rows = Export.objects.select_for_update(skip_locked=True, no_key=True)
        export = rows.filter(pk=export_id, status__in=UNFINISHED).first()
        if export is None:
            return None
        lately = export.updated_at > timezone.now() - UNATTENDED_AFTER
        if export.status == ExportStatus.RUNNING and lately:
            return None
        export.status = ExportStatus.RUNNING
        export.save(update_fields=["status", "updated_at"])
        member = Membership.objects.filter(
            organization_id=export.organization_id,
            user_id=export.requested_by_id,
            user__is_active=True,
        ).first()
    actor = Actor(member.user_id, member.organization_id, member.role) if member else None
    return export, actor


def _write(kind: ExportKind, actor: Actor, export: Export, file: IO[bytes]) -> int:
    return kind.write(actor=actor, ids=export.entity_ids, format_name=export.format, file=file)


def _store(export: Export, file: IO[bytes], count: int) -> None:
    size = file.tell()
    file.seek(0)
    wanted = f"exports/{export.organization_id}/{export.pk}.zip"
    default_storage.delete(wanted)  # of a runner that died after writing it
    name = default_storage.save(wanted, File(file))
    _finish(export, status=ExportStatus.COMPLETED, file=name, size=size, count=count)


def _fail(export: Export, error: str) -> None:
    told = error.replace("\x00", "")[:_MAX_ERROR]
    _finish(export, status=ExportStatus.FAILED, error=told)


def _finish(export: Export, **values: object) -> None:
    now = timezone.now()
    values |= {
        "finished_at": now,
        "updated_at": now,
        "expires_at": now + timedelta(days=settings.EXPORT_DAYS),
    }
    with system_scope():
        Export.objects.filter(pk=export.pk).update(**values)


def _choice(pointer: str, choices: Sequence[str]) -> ValidationFailed:
    return ValidationFailed.of(pointer, "invalid_choice", f"One of {', '.join(choices)}.")
