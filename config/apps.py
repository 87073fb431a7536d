"""The config app exists for the commands that run the whole: `up`, `doctor`, `slow_queries`."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class PlatformConfig(AppConfig):
    """Registers the system checks; owns the tables of the API base (idempotency, slow queries)."""

    name = "config"
    label = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Register the checks that refuse unsafe production settings, and the app role's rights."""
        from config import checks  # noqa: F401
        from config.db import grant_app_role

        # Sent once for each app with models, after all migrations: one app's signal is enough.
        sender = apps.get_app_config("contenttypes")
        post_migrate.connect(grant_app_role, sender=sender, dispatch_uid="grant_app_role")
