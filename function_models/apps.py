"""The function_models app."""

from django.apps import AppConfig


class FunctionModelsConfig(AppConfig):
    """Process models: drawn, checked, versioned, compiled."""

    name = "function_models"
    verbose_name = "Function models"

    def ready(self) -> None:
        """Join the graph, offer models to be exported, and let them run."""
        from function_models.nodes import register
        from function_models.services.exchange.exporting import register_export
        from function_models.services.node_operations import FunctionModelOperations
        from function_models.services.run_pictures import register_run_picture
        from function_models.services.runnable import register as let_run
        from function_models.steps import joining

        joining.register()
        let_run()
        register(FunctionModelOperations())
        register_export()
        register_run_picture()
