"""Which embedder the settings name."""

from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from node_links.search.embedders.base import Embedder

# A change of any of these is another embedder.
CONFIGURED_BY = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "EMBEDDING_MODEL", "EMBEDDING_DIMENSIONS")


def get_embedder(name: str | None = None) -> Embedder:
    """Return the embedder called `name` (default: `EMBEDDER`); one object per settings.

    Raises:
        ImproperlyConfigured: no embedder has that name, or its class cannot be imported.
    """
    name = settings.EMBEDDER if name is None else name
    path = settings.EMBEDDERS.get(name)
    if path is None:
        known = ", ".join(sorted(settings.EMBEDDERS))
        raise ImproperlyConfigured(f"No embedder is called {name!r}; there are: {known}.")
    return _build(path, tuple(getattr(settings, setting, None) for setting in CONFIGURED_BY))


@lru_cache(maxsize=8)
def _build(path: str, _configuration: tuple[object, ...]) -> Embedder:
    try:
        embedder: Embedder = import_string(path)()
    except ImportError as error:
        raise ImproperlyConfigured(f"The embedder {path!r} cannot be imported.") from error
    return embedder


def warm_up() -> None:
    """Load the embedder that works inside this process; one over HTTP is not called."""
    if settings.EMBEDDER == "local":
        get_embedder().embed(["warm up"])
