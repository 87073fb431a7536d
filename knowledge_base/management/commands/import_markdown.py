"""`manage.py import_markdown DIR`: a folder of Markdown becomes SOPs."""

import time
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from accounts.management.tenant import TenantCommand
from accounts.tenancy import scope
from config.exceptions import DomainError
from knowledge_base.services.importing import ImportReport, import_folder

SHOWN = 20


class Command(TenantCommand):
    """Import a folder: all files, or none."""

    help = (
        "Import every Markdown file below DIR as an SOP. Front matter gives the fields, folders "
        "the categories, relative links and [[wikilinks]] the references. Importing again updates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--publish", action="store_true", help="publish what was imported")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, show progress, print the report."""
        actor = self.find_actor(organization=options["organization"], email=options["email"])
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        started = time.monotonic()
        columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar, scope(actor):
            task = bar.add_task("import", total=None)
            try:
                report = import_folder(
                    actor=actor,
                    folder=options["folder"],
                    dry_run=options["dry_run"],
                    publish=options["publish"],
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
            except DomainError as error:
                raise CommandError(_refusal(error)) from error
        _print(console, report, time.monotonic() - started)


def _refusal(error: DomainError) -> str:
    lines = [
        f"  {item.pointer.removeprefix('/file/').replace('~1', '/')}: {item.message}"
        for item in error.errors
    ]
    return "\n".join(["Nothing was imported.", *(lines or [f"  {error.detail}"])])


def _print(console: Console, report: ImportReport, seconds: float) -> None:
    if report.dry_run:
        table = Table(title="Dry run: nothing was changed")
        for column in ("action", "path", "title"):
            table.add_column(column)
        for item in report.items[:SHOWN]:
            table.add_row(item["action"], item["path"], item["title"])
        console.print(table)
        if len(report.items) > SHOWN:
            console.print(f"… and {len(report.items) - SHOWN} more")
    console.print(
        f"{report.files} files: {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged ({report.ignored} other files passed over)"
    )
    console.print(
        f"{report.references} references, {report.dangling} of them dangling; {seconds:.1f} s"
    )
