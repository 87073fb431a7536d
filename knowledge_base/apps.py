"""The knowledge_base app."""

from django.apps import AppConfig


class KnowledgeBaseConfig(AppConfig):
    """SOPs, and the Markdown they are made of."""

    name = "knowledge_base"
    verbose_name = "Knowledge base"

    def ready(self) -> None:
        """Join the graph."""
        from knowledge_base.nodes import register
        from knowledge_base.services.node_operations import SopOperations

        register(SopOperations())
