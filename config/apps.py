"""The config app exists for the commands that run the whole: `up`, `doctor`, `slow_queries`."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Registers the system checks; owns the tables of the API base (idempotency, slow queries)."""

    name = "config"
    label = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Register the system checks and connect what watches statements, tasks and workers."""
        from config import checks, task_context  # noqa: F401 -- importing them registers them
        from config.celery import app
        from config.slow_queries import install
        from config.worker_beat import install_heartbeat

        install()
        install_heartbeat(app)
