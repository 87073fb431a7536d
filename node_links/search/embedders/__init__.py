"""Embedders turn texts into vectors. They are dotted paths in the settings, like e-mail back ends.

To add one: a class that satisfies `Embedder`, built without arguments, named in `EMBEDDERS`.
Heavy libraries are imported by the first `embed`, never with this package.
"""

from node_links.search.embedders.base import Embedder
from node_links.search.embedders.registry import get_embedder, warm_up

__all__ = ["Embedder", "get_embedder", "warm_up"]
