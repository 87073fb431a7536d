"""`manage.py export_models DIR`: models become a folder of files."""

from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from accounts.management.tenant import TenantCommand
from accounts.tenancy import scope
from function_models.exchange.formats import EXPORTERS
from function_models.services.exchange.exporting import export_folder


class Command(TenantCommand):
    """Export an organisation's models."""

    help = "Write every model that is not archived as a file; importing our own changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--format", choices=sorted(EXPORTERS), default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files, show progress, say how many."""
        actor = self.find_actor(organization=options["organization"], email=options["email"])
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar, scope(actor):
            task = bar.add_task("export", total=None)
            try:
                count = export_folder(
                    actor=actor,
                    folder=options["folder"],
                    format_name=options["format"],
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
            except OSError as error:
                raise CommandError(f"Cannot write {error.filename}: {error.strerror}.") from error
        self.stdout.write(f"{count} models written to {options['folder']}")
