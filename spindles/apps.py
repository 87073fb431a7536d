"""The spindles app."""

from django.apps import AppConfig


class SpindlesConfig(AppConfig):
    """Spindles, plans and runs."""

    name = "spindles"
    verbose_name = "Spindles"

    def ready(self) -> None:
        """Let the kinds of steps join the registry, and runs what tells of runs."""
        from spindles.runs import joining as runs
        from spindles.steps import joining

        joining.register()
        runs.join()
