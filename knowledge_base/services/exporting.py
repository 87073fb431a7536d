"""Writing SOPs back as Markdown files that import again as the same SOPs."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from accounts.actors import Actor
from knowledge_base.models import Sop
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.paths import export_path, fold_path
from knowledge_base.sources.record import SourceRecord, from_record


def export_folder(*, actor: Actor, folder: Path) -> int:
    """Write every SOP of the actor's organisation below `folder`; return how many.

    Existing files of the same name are replaced. Raises `OSError` where the folder cannot be
    written, `SourceError` (`unsafe_path`) where a link in it leads out of it, and what
    `export_files` raises.
    """
    count = 0
    for path, text in export_files(actor=actor):
        target = _inside(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
        count += 1
    return count


def export_files(*, actor: Actor) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of each SOP; one that was not imported gets a path made of its title.

    Raises `SourceError` for an SOP whose metadata is too large for front matter.
    """
    rows = Sop.objects.visible_to(actor).defer("vector_embedding").order_by("created_at", "id")
    taken = _taken(rows.exclude(source_path=None).values_list("source_path", flat=True))
    for sop in rows.iterator(chunk_size=200):
        path = sop.source_path or _free_path(sop, taken)
        yield path, from_record(record_of(sop, path))


def export_archive(*, sops: Iterable[Sop], file: IO[bytes]) -> int:
    """Write `sops` as a zip into `file`; return how many.

    Those of several organisations stand in a folder for each, named by its slug.
    """
    chosen = list(sops)
    several = len({sop.organization_id for sop in chosen}) > 1
    taken = _taken(sop.source_path for sop in chosen)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for sop in chosen:
            path = sop.source_path or _free_path(sop, taken)
            folder = f"{sop.organization.slug}/" if several else ""
            archive.writestr(f"{folder}{path}", from_record(record_of(sop, path)))
    return len(chosen)


def record_of(sop: Sop, path: str) -> SourceRecord:
    """Return the record that imports as `sop`."""
    return SourceRecord(
        source_path=path,
        title=sop.title,
        content=sop.content,
        summary=sop.summary or "",
        category=sop.category or "",
        author=sop.author or "",
        tags=tuple(sop.tags),
        aliases=tuple(sop.aliases),
        search_keywords=() if sop.keywords_extracted else tuple(sop.search_keywords),
        content_type=sop.content_type,
        complexity=sop.complexity or "",
        audience=sop.audience or "",
        searchable=sop.searchable,
        review_due_on=sop.review_due_on.isoformat() if sop.review_due_on else "",
        nodeloom_id="" if sop.source_path else str(sop.pk),
        metadata=sop.metadata,
    )


def _taken(paths: Iterable[str | None]) -> set[str]:
    return {fold_path(path) for path in paths if path}


def _free_path(sop: Sop, taken: set[str]) -> str:
    path = export_path(sop.title, taken)
    taken.add(fold_path(path))
    return path


def _inside(folder: Path, path: str) -> Path:
    """Return where `path` is written, which a symbolic link must not lead out of `folder`."""
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise SourceError(path, "unsafe_path", "A link would lead it out of the folder.")
    return target
