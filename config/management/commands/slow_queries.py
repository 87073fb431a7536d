"""`manage.py slow_queries`: the statements that took too long, and what would help."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.models import SlowQuery
from config.slow_queries import get_slow_queries, stored_suggestions

DEFAULT_LIMIT = 20
DEFAULT_THRESHOLD = 0.1


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be zero or more seconds")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


class Command(BaseCommand):
    """Prints what was recorded, the slowest first, or forgets all of it."""

    help = "Show slow and repeated statements with their counts, times and suggestions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--threshold",
            type=_seconds,
            default=settings.SLOW_QUERY_SECONDS or DEFAULT_THRESHOLD,
            help="seconds that a statement took at least once (default: %(default)s)",
        )
        parser.add_argument(
            "--limit", type=_count, default=DEFAULT_LIMIT, help="statements (default: %(default)s)"
        )
        parser.add_argument("--clear", action="store_true", help="forget everything recorded")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the table, or clear it."""
        if options["clear"]:
            deleted, _ = SlowQuery.objects.all().delete()
            self.stdout.write(f"Forgot {deleted} statements.")
            return
        found = get_slow_queries(options["threshold"], limit=options["limit"])
        if not found:
            self.stdout.write(f"No statement took {options['threshold']:g} s or was repeated.")
            return
        console = Console(force_terminal=self.stdout.isatty(), highlight=False)
        with console.capture() as rendered:
            console.print(_table(found))
        self.stdout.write(rendered.get())


def _table(found: list[SlowQuery]) -> Table:
    table = Table(show_lines=True, expand=True)
    for name in ("Slow", "Max ms", "Mean ms", "In one request"):
        table.add_column(name, justify="right", no_wrap=name != "In one request")
    table.add_column("Statement and what would help", ratio=1)
    for query in found:
        advice = [
            f"[yellow]{escape(each.message)}[/yellow]"
            + (f"\n[bold green]{escape(each.sql)}[/bold green]" if each.sql else "")
            for each in stored_suggestions(query)
        ]
        table.add_row(
            str(query.count),
            f"{query.max_ms:.0f}",
            f"{query.mean_ms:.0f}",
            f"{query.repeated} x" if query.repeated else "",
            "\n".join([escape(query.sql[:600]), *advice]),
        )
    return table
