"""What all parts of the viewset of spindles share."""

from typing import Any

from node_links.api.views import NodeEntityViewSet
from spindles.models import Spindle


class SpindleActions(NodeEntityViewSet):
    """Base of the parts of the viewset."""

    def said_of(self, spindle: Spindle) -> dict[str, Any]:
        """Return what every service is told: who asks, of what, in which state."""
        return {
            "actor": self.actor,
            "pk": spindle.pk,
            "expected_revision": self.expected_revision,
            "locked": spindle,
        }
