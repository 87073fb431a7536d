"""`manage.py cleanup_audit_logs [--days N] [--dry-run]`: shorten the audit trail."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from node_links.audit.retention import count_expired, keep_from, remove_expired


class Command(BaseCommand):
    """Remove what is older than so many days."""

    help = "Remove rows of the audit trail that are older than NODELOOM_AUDIT_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the age and the rehearsal."""
        parser.add_argument("--days", type=int, help=f"by default {settings.AUDIT_DAYS}")
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count or remove."""
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("The last day is always kept: --days is at least 1.")
        before = keep_from(days)
        if options["dry_run"]:
            found, what = count_expired(before), "would be removed"
        else:
            found, what = remove_expired(before), "removed"
        self.stdout.write(f"{found} rows from before {before:%Y-%m-%d %H:%M} UTC {what}.")
