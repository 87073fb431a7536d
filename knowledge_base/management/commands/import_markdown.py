"""`manage.py import_markdown DIR`: a folder of Markdown becomes SOPs."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Table

from accounts.actors import Actor
from accounts.management.importing import ImportCommand, Progress
from knowledge_base.services.importing import ImportReport, import_folder

SHOWN = 20


class Command(ImportCommand[ImportReport]):
    """Import a folder: all files, or none."""

    help = (
        "Import every Markdown file below DIR as an SOP. Front matter gives the fields, folders "
        "the categories, relative links and [[wikilinks]] the references. Importing again updates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--publish", action="store_true", help="publish what was imported")

    def bring(
        self, *, actor: Actor, folder: Path, progress: Progress, **options: Any
    ) -> ImportReport:
        """Import the folder."""
        return import_folder(
            actor=actor,
            folder=folder,
            dry_run=options["dry_run"],
            publish=options["publish"],
            progress=progress,
        )

    def tell(self, console: Console, report: ImportReport, seconds: float) -> None:
        """Print the report."""
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
