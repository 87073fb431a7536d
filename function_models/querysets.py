"""How function models are read."""

from typing import TYPE_CHECKING, Self

from django.db.models.functions import Lower

from node_links.querysets import EntityManager, EntityQuerySet

if TYPE_CHECKING:
    from function_models.models import FunctionModel


class FunctionModelQuerySet(EntityQuerySet["FunctionModel"]):
    """Function models."""

    def without_canvas(self) -> Self:
        """Leave the drawings in the database: lists do not show them."""
        return self.defer("nodes_data", "edges_data", "viewport_data", "document_data")

    def named(self, name: str) -> Self:
        """Models with this name, ignoring case."""
        return self.alias(_name=Lower("name")).filter(_name=name.lower())


# Sees deleted rows too.
AllFunctionModelsManager = EntityManager.from_queryset(FunctionModelQuerySet)
