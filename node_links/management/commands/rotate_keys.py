"""`manage.py rotate_keys [--dry-run]`: encrypt stored secrets with the first key of the list."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from node_links.services.key_rotation import count_rows, encrypted_models, rotate_secrets


class Command(BaseCommand):
    """Go through all secrets; those under the first key already are passed over."""

    help = (
        "Encrypt stored secrets with the first of NODELOOM_ENCRYPTION_KEYS, so that the others can "
        "be taken out. May be interrupted and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the rehearsal."""
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate or count, showing how far it is. Fails where a secret cannot be read at all."""
        moved = 0
        unreadable: list[tuple[str, str]] = []
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeRemainingColumn())  # fmt: skip
        with Progress(*columns) as progress:
            for model in encrypted_models():
                bar = progress.add_task(model._meta.db_table, total=count_rows(model))
                for step in rotate_secrets(model, dry_run=options["dry_run"]):
                    progress.advance(bar, step.rows)
                    moved += step.moved
                    unreadable += step.unreadable
        verb = "would be encrypted" if options["dry_run"] else "are encrypted"
        self.stdout.write(f"{moved} secrets {verb} with the first key.")
        for column, row in unreadable:
            self.stderr.write(f"No key opens {column} of {row}.")
        if unreadable:
            raise CommandError(f"{len(unreadable)} secrets cannot be read; keep the keys you have.")
        if not options["dry_run"]:
            self.stdout.write("All secrets are under the first key; the others may go.")
