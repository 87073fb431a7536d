"""`migrate` as the owner of the tables."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand

from config.db import OWNER


class Command(MigrateCommand):
    """Django's command with the alias `owner` for a default, and refusing any other.

    On an alias that may not migrate Django would record every migration as done and run none.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Keep Django's arguments; change the default of `--database`."""
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, once the alias is the right one."""
        if options["database"] != OWNER:
            raise CommandError(f"Migrations run on the database alias `{OWNER}` only.")
        super().handle(*args, **options)
