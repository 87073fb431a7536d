"""Publishing events of an organisation's own types: all of a batch, or none of it."""

from node_links.services.publishing.publication import Publication, Published
from node_links.services.publishing.service import publish_event, publish_events

__all__ = ["Publication", "Published", "publish_event", "publish_events"]
