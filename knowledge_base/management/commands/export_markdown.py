"""`manage.py export_markdown DIR`: SOPs become a folder of Markdown."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.tenant import TenantCommand
from accounts.tenancy import scope
from knowledge_base.services.exporting import export_folder
from knowledge_base.sources.exceptions import SourceError


class Command(TenantCommand):
    """Export an organisation's SOPs."""

    help = "Write every SOP as a Markdown file with front matter; importing them changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files and say how many."""
        actor = self.find_actor(organization=options["organization"], email=options["email"])
        try:
            with scope(actor):
                count = export_folder(actor=actor, folder=options["folder"])
        except SourceError as error:
            raise CommandError(f"Cannot export {error}") from error
        except OSError as error:
            raise CommandError(f"Cannot write {error.filename}: {error.strerror}.") from error
        self.stdout.write(f"{count} SOPs written to {options['folder']}")
