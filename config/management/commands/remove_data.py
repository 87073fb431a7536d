"""`manage.py remove_data` takes away everything that the embedded servers keep."""

import shutil
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import env
from config.embedded.addresses import addresses
from config.embedded.lock import DataDirLock, DataDirLocked
from config.embedded.places import kept_elsewhere


class Command(BaseCommand):
    """Remove the data directory and what lives elsewhere on its behalf."""

    help = "Remove the data directory of the embedded servers, with all data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--yes` is for scripts."""
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse while something runs there, ask, remove."""
        data_dir = env.data_dir()
        if not data_dir.exists():
            self.stdout.write(f"There is nothing at {data_dir}.")
            return
        try:
            lock = DataDirLock(data_dir / "up.lock").acquire()
        except DataDirLocked as running:
            raise CommandError(f"Nodeloom runs there: {running.note}. Stop it first.") from running
        with lock:
            question = f"Remove {data_dir} with all data in it? Type yes: "
            if not options["yes"] and input(question) != "yes":
                self.stdout.write("Nothing was removed.")
                return
            for folder in [*kept_elsewhere(data_dir), addresses(data_dir).socket_dir, data_dir]:
                shutil.rmtree(folder, ignore_errors=folder != data_dir)
        self.stdout.write(f"Removed {data_dir}.")
