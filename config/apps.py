"""The config app exists for the commands that run the whole: `up`, `doctor`, `slow_queries`."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class PlatformConfig(AppConfig):
    """Registers the system checks; owns the tables of the API base (idempotency, slow queries)."""

    name = "config"
    label = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Register the checks, connect the watches, give the app role its rights."""
        from config import checks, task_context  # noqa: F401 -- importing them registers them
        from config.celery import app
        from config.db import grant_app_role
        from config.metrics import register_gauge
        from config.replica import lag_seconds
        from config.slow_queries import install
        from config.worker_beat import install_heartbeat

        register_gauge("replica_lag_seconds", "How far the replica is behind.", lag_seconds)
        install()
        install_heartbeat(app)
        # Sent once for each app with models, after all migrations: one app's signal is enough.
        sender = apps.get_app_config("contenttypes")
        post_migrate.connect(grant_app_role, sender=sender, dispatch_uid="grant_app_role")
