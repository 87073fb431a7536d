"""The config app exists for the commands that run the whole: `up`, `doctor`, `slow_queries`."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Registers the system checks; owns the tables of the API base (idempotency, slow queries)."""

    name = "config"
    label = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Register the checks that refuse unsafe production settings."""
        from config import checks  # noqa: F401
