"""Commands that import a folder: progress while they work, one report, or one refusal."""

import time
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Generic, TypeVar, cast

from django.core.management.base import CommandError, CommandParser
from rich import progress as bars
from rich.console import Console

from accounts.actors import Actor
from accounts.management.tenant import TenantCommand
from accounts.tenancy import scope
from config.exceptions import DomainError

Progress = Callable[[int, int], None]
"""Is told how many files of how many are done."""

Report = TypeVar("Report")


class ImportCommand(TenantCommand, Generic[Report]):
    """Base of commands that import a folder: all files, or none."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    @abstractmethod
    def bring(self, *, actor: Actor, folder: Path, progress: Progress, **options: Any) -> Report:
        """Import the folder in one transaction. Raises `DomainError`."""

    @abstractmethod
    def tell(self, console: Console, report: Report, seconds: float) -> None:
        """Print the report."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, show progress, print the report."""
        actor = self.find_actor(organization=options["organization"], email=options["email"])
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        started = time.monotonic()
        columns = (
            bars.TextColumn("importing"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
        )
        with bars.Progress(*columns, console=console, transient=True) as bar, scope(actor):
            task = bar.add_task("import", total=None)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            try:
                report = self.bring(actor=actor, progress=progress, **options)
            except DomainError as error:
                raise CommandError(_refusal(error)) from error
        self.tell(console, report, time.monotonic() - started)


def _refusal(error: DomainError) -> str:
    lines = [
        f"  {item.pointer.removeprefix('/file/').replace('~1', '/')}: {item.message}"
        for item in error.errors
    ]
    return "\n".join(["Nothing was imported.", *(lines or [f"  {error.detail}"])])
