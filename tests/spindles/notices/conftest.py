"""Nobody rings for mails here."""

from tests.node_links.notifications.conftest import rung

__all__ = ["rung"]
