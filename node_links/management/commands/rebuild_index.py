"""`manage.py rebuild_index [--feature F] [--organization SLUG]`: write the search index anew."""

from typing import Any

from node_links.management.organizations import Bars, OrganizationsCommand
from node_links.search.backlog import backlog_size
from node_links.services.rebuilding import count_entities, rebuild_index


class Command(OrganizationsCommand):
    """Go through all entities; vectors follow in the background."""

    help = "Index the text of all entities again, and queue them for embedding."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, showing how far it is."""
        total = 0
        with Bars() as bars:
            for organization, feature in self.each(options):
                label = f"{organization.slug} {feature.feature_type}"
                advance = bars.add(label, count_entities(feature, organization))
                for step in rebuild_index(feature, organization):
                    advance(step)
                    total += step
        self.stdout.write(f"{total} entities indexed; {backlog_size()} nodes wait to be embedded.")
