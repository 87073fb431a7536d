"""`manage.py rebuild_nodes [--feature F] [--organization SLUG]`: describe all entities anew."""

from typing import Any

from node_links.management.organizations import Bars, OrganizationsCommand
from node_links.services.rebuilding import count_entities, rebuild_nodes


class Command(OrganizationsCommand):
    """Go through all entities and put right what the node table says of them."""

    help = (
        "Describe every entity again, deleted ones too, and write the nodes that are missing or "
        "say something else. Nodes that agree keep their links and vectors."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, showing how far it is."""
        entities = nodes = 0
        with Bars() as bars:
            for organization, feature in self.each(options):
                label = f"{organization.slug} {feature.feature_type}"
                size = count_entities(feature, organization, with_deleted=True)
                advance = bars.add(label, size)
                for step in rebuild_nodes(feature, organization):
                    advance(step.entities)
                    entities += step.entities
                    nodes += step.nodes
        self.stdout.write(f"{entities} entities described; {nodes} nodes were written.")
