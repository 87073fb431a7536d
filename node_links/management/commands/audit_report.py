"""`manage.py audit_report [--days N] [--organization SLUG] [--format table|csv|json]`."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from accounts.models import Organization
from accounts.tenancy import system_scope
from node_links.audit.report import COLUMNS, ReportLine, audit_report


class Command(BaseCommand):
    """Count what was changed: by day, table, operation and person."""

    help = "Count the audit trail by day, table, operation and person."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the period, the organisation and the form."""
        parser.add_argument("--days", type=int, default=30, help="the last so many (30)")
        parser.add_argument("--organization", help="only the organisation with this slug")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the report."""
        since = timezone.now() - timedelta(days=options["days"])
        with system_scope():
            tenant = self._organization(options["organization"])
            lines = list(audit_report(since=since, organization_id=tenant))
        if options["format"] == "csv":
            writer = csv.writer(self.stdout)
            writer.writerow(COLUMNS)
            writer.writerows([_cells(line) for line in lines])
        elif options["format"] == "json":
            document = orjson.dumps([line.as_dict() for line in lines], option=orjson.OPT_INDENT_2)
            self.stdout.write(document.decode())
        else:
            self._table(lines)

    def _organization(self, slug: str | None) -> UUID | None:
        if slug is None:
            return None
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no organisation {slug}.")
        return found.pk

    def _table(self, lines: Iterable[ReportLine]) -> None:
        table = Table(*(name.capitalize() for name in COLUMNS))
        for line in lines:
            table.add_row(*_cells(line))
        console = Console(width=120)
        with console.capture() as captured:
            console.print(table)
        self.stdout.write(captured.get())


def _cells(line: ReportLine) -> list[str]:
    return [str(value) for value in line.as_dict().values()]
