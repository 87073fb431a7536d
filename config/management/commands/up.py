"""`manage.py up` starts everything and keeps it running until Ctrl-C."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.embedded.places import data_folder
from config.supervisor.console import Terminal
from config.supervisor.launch import launch
from config.supervisor.options import read_options


class Command(BaseCommand):
    """Start PostgreSQL, Valkey, web, live, workers and beat, and stop them together."""

    help = "Start everything under one supervisor; Ctrl-C stops it."
    requires_system_checks: list[str] = []  # the database they may look at does not run yet

    def add_arguments(self, parser: CommandParser) -> None:
        """Every argument has a variable of the environment: see the README."""
        parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port of web (default 8000)")
        parser.add_argument("--live-port", type=int, help="port of live (default: the next one)")
        parser.add_argument("--data-dir", help="folder that holds all data (default .nodeloom)")
        parser.add_argument("--no-demo", action="store_true", help="load no demonstration content")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start again under the environment that the options ask for, then run until stopped.

        The settings are read from the environment once, so a different one needs a fresh process.
        """
        chosen = read_options(
            host=options["host"],
            port=options["port"],
            live_port=options["live_port"],
            data_dir=options["data_dir"],
            demo=not options["no_demo"],
        )
        data_folder(chosen.data_dir)
        environment = chosen.environment(os.environ)
        if environment != dict(os.environ):
            os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606
        sys.exit(launch(chosen, Terminal(sys.stdout)))
