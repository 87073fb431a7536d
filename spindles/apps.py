"""The spindles app."""

from django.apps import AppConfig


class SpindlesConfig(AppConfig):
    """Spindles, plans and runs."""

    name = "spindles"
    verbose_name = "Spindles"

    def ready(self) -> None:
        """Join the graph, let the kinds of steps join the registry, and let spindles run."""
        from spindles.nodes import register
        from spindles.runs import gauges
        from spindles.runs import joining as runs
        from spindles.services.node_operations import SpindleOperations
        from spindles.services.pictures import register_run_picture
        from spindles.services.running import register as let_run
        from spindles.steps import joining

        joining.register()
        register(SpindleOperations())
        let_run()
        register_run_picture()
        runs.join()
        gauges.register()
