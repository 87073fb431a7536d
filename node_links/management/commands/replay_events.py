"""`manage.py replay_events --from T [--to T] [--types A,B] [--subscriber S] [--dry-run]`."""

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.management.tenant import TenantCommand
from config.exceptions import ValidationFailed
from node_links.events.replaying import ReplayRequest, count_matching, replay


def moment(text: str) -> datetime:
    """Return the time written as ISO 8601, in UTC where it names no zone."""
    try:
        found = parse_datetime(text if "T" in text or " " in text else f"{text}T00:00:00")
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    if found is None:
        raise ArgumentTypeError("Write a time as 2026-01-31 or 2026-01-31T12:00:00Z.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(TenantCommand):
    """Send past events out again."""

    help = "Deliver past events again, in their original order, marked as replayed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what chooses events."""
        super().add_arguments(parser)
        parser.add_argument("--from", dest="since", type=moment, required=True, metavar="TIME")
        parser.add_argument("--to", dest="until", type=moment, metavar="TIME", help="default: now")
        parser.add_argument("--types", default="", help="comma-separated; `Sop*` is a beginning")
        parser.add_argument("--subscriber", help="only this one; needed for unreplayable ones")
        parser.add_argument("--feature", help="only events of this feature")
        parser.add_argument("--entity", type=UUID, help="only events of this entity")
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, showing how far it is."""
        actor = self.find_actor(organization=options["organization"], email=options["email"])
        request = ReplayRequest(
            since=options["since"],
            until=options["until"] or timezone.now(),
            types=tuple(name.strip() for name in options["types"].split(",") if name.strip()),
            subscriber=options["subscriber"],
            feature_type=options["feature"],
            entity_id=options["entity"],
        )
        try:
            matched = count_matching(actor.tenant_id, request)
        except ValidationFailed as error:
            raise CommandError(error.detail) from error
        if not options["dry_run"]:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                       TimeRemainingColumn())  # fmt: skip
            with Progress(*columns) as progress:
                bar = progress.add_task("events", total=matched)
                for step in replay(actor.tenant_id, request):
                    progress.advance(bar, step)
        verb = "would be" if options["dry_run"] else "are being"
        self.stdout.write(f"{matched} events {verb} delivered again.")
