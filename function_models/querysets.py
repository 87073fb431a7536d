"""How function models are read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from node_links.choices import FeatureType
from node_links.models import NodeMetadata
from node_links.querysets import EntityManager, EntityQuerySet

if TYPE_CHECKING:
    from function_models.models import FunctionModel


DRAWN = ("nodes_data", "edges_data", "viewport_data", "document_data", "dangling_references")
"""The columns that are as large as the drawing."""


class FunctionModelQuerySet(EntityQuerySet["FunctionModel"]):
    """Function models."""

    def without_canvas(self) -> Self:
        """Leave the drawings in the database: lists do not show them."""
        return self.defer(*DRAWN)

    def saying(self, words: Iterable[str]) -> Self:
        """Models in whose name, description or nodes' names all of `words` occur."""
        rows = self
        for word in words:
            # Nodes are asked by their own rows: the drawings stay where they are.
            drawn = NodeMetadata.objects.filter(
                feature_type=FeatureType.FUNCTION_MODEL,
                entity_id=OuterRef("pk"),
                organization_id=OuterRef("organization_id"),
                name__icontains=word,
            ).exclude(node_id=None)
            rows = rows.filter(
                Q(name__icontains=word) | Q(description__icontains=word) | Exists(drawn)
            )
        return rows

    def named(self, name: str) -> Self:
        """Models with this name, ignoring case."""
        return self.alias(_name=Lower("name")).filter(_name=name.lower())


# Sees deleted rows too.
AllFunctionModelsManager = EntityManager.from_queryset(FunctionModelQuerySet)
