"""`manage.py rebuild_index [--feature F] [--organization SLUG]`: write the search index anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.models import Organization
from accounts.tenancy import system_scope
from config.exceptions import ValidationFailed
from node_links.registry import Feature, features
from node_links.search.backlog import backlog_size
from node_links.services.rebuilding import count_entities, rebuild_index


class Command(BaseCommand):
    """Go through all entities; vectors follow in the background."""

    help = "Index the text of all entities again, and queue them for embedding."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the two filters."""
        parser.add_argument("--feature", help="only this feature, for example knowledge-base")
        parser.add_argument("--organization", help="only the organisation with this slug")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, showing how far it is."""
        chosen = self._features(options["feature"])
        organizations = self._organizations(options["organization"])
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        total = 0
        with Progress(*columns) as progress:
            for organization in organizations:
                for feature in chosen:
                    size = count_entities(feature, organization)
                    label = f"{organization.slug} {feature.feature_type}"
                    bar = progress.add_task(label, total=size)
                    for step in rebuild_index(feature, organization):
                        progress.advance(bar, step)
                        total += step
        self.stdout.write(f"{total} entities indexed; {backlog_size()} nodes wait to be embedded.")

    def _features(self, feature_type: str | None) -> list[Feature]:
        try:
            return [features.get(feature_type)] if feature_type else features.all()
        except ValidationFailed as error:
            raise CommandError(error.detail) from error

    def _organizations(self, slug: str | None) -> list[Organization]:
        with system_scope():
            rows = Organization.objects.order_by("slug")
            found = list(rows.filter(slug=slug) if slug else rows)
        if slug and not found:
            raise CommandError(f"There is no organisation {slug}.")
        return found
