"""The embedder that works everywhere: WordLlama from its wheel, offline, 256 dimensions.

A text's vector is the mean of its tokens' vectors (WordLlama, Miller 2024). The mean is taken here,
one text at a time: the library pads a batch to its longest text, which for one long text costs
gigabytes, and makes the last bits of a vector depend on its neighbours.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from node_links.search.embedders.base import batched, blank_vector, clean

if TYPE_CHECKING:
    from wordllama import WordLlamaInference

MAX_CHARACTERS = 100_000
BATCH_TEXTS = 64
BATCH_CHARACTERS = 400_000

_loading = threading.Lock()
_loaded: "WordLlamaInference | None" = None


class LocalEmbedder:
    """Deterministic, thread-safe, without network; the weights are shared within the process."""

    model = "wordllama-l2-supercat-256"
    dimensions = 256

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector per text. Of a text the first 100 000 characters count."""
        if not texts:
            return []
        inference = _load()
        cleaned = [clean(text, MAX_CHARACTERS) for text in texts]
        vectors: list[list[float]] = []
        for batch in batched(cleaned, count=BATCH_TEXTS, characters=BATCH_CHARACTERS):
            encodings = inference.tokenizer.encode_batch(list(batch), add_special_tokens=False)
            vectors.extend(self._vector(inference.embedding, one.ids) for one in encodings)
        return vectors

    def _vector(self, weights: Any, ids: list[int]) -> list[float]:
        import numpy as np

        known = np.clip(np.asarray(ids, dtype=np.int64), 0, len(weights) - 1)
        # The sum has the direction of the mean, and is zero where there are no tokens.
        total = weights[known].sum(axis=0, dtype=np.float64)
        length = float(np.linalg.norm(total))
        vector: list[float] = (total / length).tolist() if length else blank_vector(self.dimensions)
        return vector


def _load() -> "WordLlamaInference":
    """Return the model, read once per process from the files inside the installed package."""
    global _loaded  # noqa: PLW0603 - one copy of the weights per process
    with _loading:
        if _loaded is None:
            # The import configures the root logger (`basicConfig`); put it back as it was.
            root = logging.getLogger()
            handlers, level = list(root.handlers), root.level
            import wordllama

            root.handlers[:] = handlers
            root.setLevel(level)
            # Naming the package as its own cache makes it find the tokenizer beside the weights.
            inside = Path(wordllama.__file__).parent
            inference = wordllama.WordLlama.load(cache_dir=inside, dim=256, disable_download=True)
            inference.tokenizer.no_padding()
            _loaded = inference
        return _loaded
