"""The function_models app."""

from django.apps import AppConfig


class FunctionModelsConfig(AppConfig):
    """Process models: drawn, checked, versioned, compiled."""

    name = "function_models"
    verbose_name = "Function models"

    def ready(self) -> None:
        """Join the graph, and offer models to be exported."""
        from function_models.nodes import register
        from function_models.services.exchange.exporting import register_export
        from function_models.services.node_operations import FunctionModelOperations
        from function_models.services.run_pictures import register_run_picture

        register(FunctionModelOperations())
        register_export()
        register_run_picture()
