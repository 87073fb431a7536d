"""The node_links app."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class NodeLinksConfig(AppConfig):
    """The graph shared by all features."""

    name = "node_links"
    verbose_name = "Graph"

    def ready(self) -> None:
        """Keep the platform's own link types in every migrated database; show the backlogs."""
        from config.metrics.gauges import register_gauge
        from node_links.events import gauges
        from node_links.link_types import ensure_default_link_types
        from node_links.sagas.resuming import count_stuck_sagas
        from node_links.search.backlog import backlog_age_seconds, backlog_size

        register_gauge("index_backlog", "Nodes that wait to be embedded.", backlog_size)
        register_gauge(
            "index_backlog_age_seconds", "How long the oldest has waited.", backlog_age_seconds
        )
        register_gauge("deliveries_pending", "Deliveries of events that wait.", gauges.pending)
        register_gauge(
            "delivery_lag_seconds", "How long the oldest due delivery has waited.", gauges.lag
        )
        register_gauge("dead_letters", "Events that could not be delivered.", gauges.dead_letters)
        register_gauge(
            "sagas_stuck", "Sagas that failed or that nobody takes over.", count_stuck_sagas
        )
        post_migrate.connect(ensure_default_link_types, sender=self)
        import_module("node_links.events.catalogue")
        import_module("node_links.events.checks")
        autodiscover_modules("events")
        autodiscover_modules("subscribers", "sagas")
