"""`manage.py relay`: deliver events to their subscribers, until SIGTERM or Ctrl-C."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from node_links.events.relay import Relay


class Command(BaseCommand):
    """Run one relay; several share the work."""

    help = "Deliver events to their subscribers. Several may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()
