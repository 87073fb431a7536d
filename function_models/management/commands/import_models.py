"""`manage.py import_models DIR`: a folder of files becomes models."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from accounts.actors import Actor
from accounts.management.importing import ImportCommand, Progress
from function_models.services.exchange.importing import import_folder
from function_models.services.exchange.report import ImportReport

SHOWN = 20


class Command(ImportCommand[ImportReport]):
    """Import a folder: all files, or none."""

    help = (
        "Import every model below DIR: our own JSON, and React Flow JSON of any tool. Importing "
        "again updates."
    )

    def bring(
        self, *, actor: Actor, folder: Path, progress: Progress, **options: Any
    ) -> ImportReport:
        """Import the folder."""
        return import_folder(
            actor=actor,
            folder=folder,
            dry_run=options["dry_run"],
            progress=progress,
        )

    def tell(self, console: Console, report: ImportReport, seconds: float) -> None:
        """Print the report."""
        title = "Dry run: nothing was changed" if report.dry_run else "Imported"
        table = Table(title=title)
        for column in ("action", "model", "nodes", "edges", "told"):
            table.add_column(column)
        for model in report.models[:SHOWN]:
            codes = sorted({finding.code for finding in model.findings})
            sizes = (str(model.nodes), str(model.edges))
            table.add_row(model.action, model.name, *sizes, ", ".join(codes))
        console.print(table)
        if len(report.models) > SHOWN:
            console.print(f"… and {len(report.models) - SHOWN} more")
        console.print(
            f"{report.files} files: {report.count('created')} created, {report.count('updated')} "
            f"updated, {report.count('unchanged')} unchanged ({report.ignored} others passed over)"
        )
        console.print(f"{report.links} links, {report.dangling} dangling ends; {seconds:.1f} s")
