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
from accounts.tenancy import scope
from config.exceptions import DomainError
from node_links.events.replaying import ReplayRequest, count_matching
from node_links.models import EventReplay
from node_links.services.replays import advance_replay, start_replay


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
            if options["dry_run"]:
                matched = count_matching(actor.tenant_id, request)
                self.stdout.write(f"{matched} events would be delivered again.")
                return
            with scope(actor):
                replay = start_replay(actor=actor, request=request, enqueue=False)
        except DomainError as error:
            raise CommandError(error.detail) from error
        self._run(replay)

    def _run(self, replay: EventReplay) -> None:
        """Run the replay here; GET events/replay/{id}/ and the admin show the same progress."""
        self.stdout.write(f"Replay {replay.pk}")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeRemainingColumn())  # fmt: skip
        with Progress(*columns) as progress:
            bar = progress.add_task("events", total=replay.total)
            while (moved := advance_replay(replay.pk)) is not None:
                progress.update(bar, completed=moved.done)
        self.stdout.write(f"{replay.total} events are being delivered again.")
