"""The app that adds what is watched to every process of the installation."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Subscribers and kinds of steps whose effects can be counted."""

    name = "tests.faults.ledger"

    def ready(self) -> None:
        """Add the kinds of steps."""
        from tests.faults.ledger import kinds

        kinds.register()
