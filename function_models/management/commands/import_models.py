"""`manage.py import_models DIR`: a folder of files becomes models."""

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
from function_models.services.exchange.importing import import_folder
from function_models.services.exchange.report import ImportReport

SHOWN = 20


class Command(TenantCommand):
    """Import a folder: all files, or none."""

    help = (
        "Import every model below DIR: our own JSON, and React Flow JSON of any tool. Importing "
        "again updates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

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
