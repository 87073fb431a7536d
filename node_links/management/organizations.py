"""Commands that go through the organisations of an installation, or through one of them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.models import Organization
from accounts.tenancy import system_scope
from config.exceptions import ValidationFailed
from node_links.registry import Feature, features

FILE_WIDTH = 240


def console_of(command: BaseCommand) -> Console:
    """Return what writes to a command's output: with colours and as wide as a terminal, if it is
    one; a file gets lines that are not broken."""
    stream = cast("IO[str]", command.stdout)
    width = None if command.stdout.isatty() else FILE_WIDTH
    return Console(file=stream, highlight=False, width=width)


class OrganizationsCommand(BaseCommand):
    """Base of commands with `--feature` and `--organization`, and a bar for each of both."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the two filters."""
        parser.add_argument("--feature", help="only this feature, for example knowledge-base")
        parser.add_argument("--organization", help="only the organisation with this slug")

    def chosen_features(self, feature_type: str | None) -> list[Feature]:
        """Return the feature named, by default all. Raises `CommandError`."""
        try:
            return [features.get(feature_type)] if feature_type else features.all()
        except ValidationFailed as error:
            raise CommandError(error.detail) from error

    def chosen_organizations(self, slug: str | None) -> list[Organization]:
        """Return the organisation named, by default all. Raises `CommandError`."""
        with system_scope():
            rows = Organization.objects.order_by("slug")
            found = list(rows.filter(slug=slug) if slug else rows)
        if slug and not found:
            raise CommandError(f"There is no organisation {slug}.")
        return found

    def each(self, options: dict[str, Any]) -> Iterable[tuple[Organization, Feature]]:
        """Return every feature of every organisation that is meant. Raises `CommandError`."""
        chosen = self.chosen_features(options["feature"])
        return [
            (organization, feature)
            for organization in self.chosen_organizations(options["organization"])
            for feature in chosen
        ]


class Bars:
    """A progress bar for each piece of work, on standard error so that the output stays clean."""

    def __init__(self) -> None:
        """Prepare; the bars are shown while this is used as a context."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )

    def __enter__(self) -> "Bars":
        """Show the bars."""
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the bars as they are."""
        self._progress.stop()

    def add(self, label: str, total: int) -> Callable[[int], None]:
        """Add a bar; return what moves it on by a number of items."""
        bar = self._progress.add_task(label, total=total)
        return partial(self._progress.advance, bar)
