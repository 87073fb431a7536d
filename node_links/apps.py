"""The node_links app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NodeLinksConfig(AppConfig):
    """The graph shared by all features."""

    name = "node_links"
    verbose_name = "Graph"

    def ready(self) -> None:
        """Keep the platform's own link types in every migrated database."""
        from node_links.link_types import ensure_default_link_types

        post_migrate.connect(ensure_default_link_types, sender=self)
