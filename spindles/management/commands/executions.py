"""`manage.py executions list|show|tail|retry|purge`: look at runs, help one, remove old ones."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from rich.table import Table
from rich.text import Text

from accounts.management.tenant import TenantCommand
from accounts.models import Organization
from accounts.tenancy import scope, system_scope
from config.exceptions import DomainError
from node_links.management.organizations import Bars, console_of
from node_links.pictures.labels import clean
from spindles.choices import OPEN, ExecutionStatus
from spindles.management.run_tree import run_tree, state_text
from spindles.management.tailing import follow, line_text
from spindles.models import Execution
from spindles.pictures.durations import in_words
from spindles.runs.attention import is_stuck, waits_for_people
from spindles.services.retention import count_expired_runs, keep_runs_from, purge_runs
from spindles.services.retrying import retry_execution
from spindles.services.run_pictures import read_timed_run

DEFAULT_LIMIT = 30


class Command(TenantCommand):
    """Runs of all organisations, or of one."""

    help = "List runs, show one as a tree, follow its log, try it again, or remove old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what can be done, each with its own choices."""
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="list|show|tail|retry|purge"
        )
        listing = acts.add_parser("list", help="the newest runs, or those that need somebody")
        listing.add_argument("--status", choices=ExecutionStatus.values, help="only in this state")
        listing.add_argument(
            "--needs", choices=["open", "stuck", "people", "slot"], help="only those that are "
            "open, driven by nobody, waiting for people, or queued"
        )  # fmt: skip
        listing.add_argument("--name", help="only where this is in the name of what runs")
        listing.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="at most so many")
        listing.add_argument("--organization", metavar="SLUG", help="only those of this one")
        for name, what in (("show", "one run: its steps as a tree"), ("tail", "follow its log")):
            one = acts.add_parser(name, help=what)
            one.add_argument("id", type=UUID, help="the id of the run")
        retrying = acts.add_parser("retry", help="start it again; what was completed is taken over")
        retrying.add_argument("id", type=UUID, help="the id of a run that has ended")
        retrying.add_argument("--from-step", metavar="STEP", help="this step and all after it, too")
        retrying.add_argument(
            "--as", dest="email", metavar="EMAIL", help="in whose name (default: the owner)"
        )
        purging = acts.add_parser("purge", help="remove what ended long ago, with its files")
        purging.add_argument("--days", type=int, help="by default NODELOOM_EXECUTION_DAYS")
        purging.add_argument("--organization", metavar="SLUG", help="only those of this one")
        purging.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for."""
        acts = {
            "list": self._list,
            "show": self._show,
            "tail": self._tail,
            "retry": self._retry,
            "purge": self._purge,
        }
        acts[options["act"]](options)

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        with system_scope():
            rows = Execution.objects.select_related("organization").without_content()
            if options["organization"]:
                rows = rows.filter(organization=_organization(options["organization"]))
            if options["status"]:
                rows = rows.filter(status=options["status"])
            match options["needs"]:
                case "open":
                    rows = rows.filter(status__in=OPEN)
                case "stuck":
                    rows = rows.filter(is_stuck(now))
                case "people":
                    rows = rows.filter(waits_for_people())
                case "slot":
                    rows = rows.queued()
            if options["name"]:
                rows = rows.filter(source_name__icontains=options["name"])
            found = list(rows.order_by("-created_at", "-id")[: options["limit"]])
        table = Table("Id", "Asked for", "Organisation", "What", "State", "Steps", "Took", box=None)
        for run in found:
            begun, ended = run.started_at, run.completed_at or now
            table.add_row(
                str(run.pk), f"{run.created_at:%Y-%m-%d %H:%M:%S}", run.organization.slug,
                Text(clean(f"{run.source_name} {run.source_version}")), state_text(run.status),
                f"{run.settled_steps}/{run.total_steps}",
                in_words((ended - begun).total_seconds()) if begun else "",
            )  # fmt: skip
        console = console_of(self)
        if found:
            console.print(table)
        console.print(f"{len(found)} run{'s' if len(found) != 1 else ''}.")

    def _show(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        with system_scope():
            run = _run(options["id"])
            told = run_tree(run, read_timed_run(run), now)
        console_of(self).print(told)

    def _tail(self, options: dict[str, Any]) -> None:
        console = console_of(self)
        with system_scope():
            _run(options["id"])
        try:
            for line in follow(options["id"]):
                console.print(line_text(line), soft_wrap=True)
        except KeyboardInterrupt:
            console.print("Not followed any further; the run goes on.")
            return
        with system_scope():
            run = Execution.objects.filter(pk=options["id"]).first()
        if run is not None:
            console.print(Text.assemble("The run has ended: ", state_text(run.status), "."))

    def _retry(self, options: dict[str, Any]) -> None:
        with system_scope():
            slug = _run(options["id"]).organization.slug
        actor = self.find_actor(organization=slug, email=options["email"])
        try:
            with scope(actor):
                again = retry_execution(
                    actor=actor, pk=options["id"], from_step=options["from_step"]
                )
        except DomainError as refusal:
            told = [refusal.detail, *(error.message for error in refusal.errors)]
            raise CommandError(" ".join(dict.fromkeys(told))) from refusal
        self.stdout.write(f"Started again as {again.pk}.")

    def _purge(self, options: dict[str, Any]) -> None:
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("The last day is always kept: --days is at least 1.")
        before = keep_runs_from(days)
        if before is None:
            raise CommandError(
                "Runs are kept for good: say --days, or set NODELOOM_EXECUTION_DAYS."
            )
        with system_scope():
            slug = options["organization"]
            tenant = _organization(slug).pk if slug else None
        total = count_expired_runs(before=before, organization_id=tenant)
        moment = f"{before:%Y-%m-%d %H:%M} UTC"
        if options["dry_run"] or not total:
            self.stdout.write(f"{total} runs that ended before {moment} would be removed.")
            return
        with Bars() as bars:
            advance = bars.add("Runs", total)
            done = purge_runs(before=before, organization_id=tenant, advance=advance)
        self.stdout.write(
            f"{done.runs} runs that ended before {moment} removed, with {done.files} files."
        )


def _organization(slug: str) -> Organization:
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organisation {slug}.")
    return found


def _run(known: UUID) -> Execution:
    rows = Execution.objects.select_related("organization", "started_by", "plan")
    found = rows.filter(pk=known).first()
    if found is None:
        raise CommandError(f"There is no run {known}.")
    return found
