"""Documents made of real sentences: those of the demonstration handbook, or of a folder of yours.

Seeded, so that each run has the same. `NODELOOM_BENCH_TEXTS` names a folder of Markdown files whose
sentences are used instead.
"""

import os
import random
import re
from functools import cache
from pathlib import Path

from config.env import BASE_DIR

HANDBOOK = BASE_DIR / "knowledge_base" / "demo" / "handbook"
_SENTENCE = re.compile(r"[A-Z][^.!?|#\[\]<>`]{25,220}[.!?]")


@cache
def sentences() -> list[str]:
    """Return the sentences, each once."""
    folder = Path(os.environ.get("NODELOOM_BENCH_TEXTS") or HANDBOOK)
    texts = [path.read_text(errors="ignore") for path in sorted(folder.rglob("*.md"))]
    found = (" ".join(s.split()) for text in texts for s in _SENTENCE.findall(text))
    return list(dict.fromkeys(found))


@cache
def _topics() -> list[list[str]]:
    """Return runs of sentences that stand together: what one document is mostly about."""
    pool = sentences()
    return [pool[start : start + 12] for start in range(0, max(1, len(pool) - 12), 4)]


def make_document(rng: random.Random, length: int) -> str:
    """Return Markdown of about `length` characters on one topic, with strays from others."""
    topic = rng.choice(_topics())
    parts: list[str] = []
    size, number = 0, 0
    while size < length:
        number += 1
        picked = [
            rng.choice(topic) if rng.random() < 0.7 else rng.choice(sentences())
            for _ in range(rng.randint(3, 6))
        ]
        heading = " ".join(rng.choice(topic).split()[:5]).rstrip(".,;:")
        section = f"## {number}. {heading}\n\n{' '.join(picked)}\n\n- {rng.choice(topic)}\n"
        parts.append(section)
        size += len(section)
    return "\n".join(parts)[:length]


def make_title(rng: random.Random) -> str:
    """Return a few words that stand together."""
    words = rng.choice(sentences()).rstrip(".!?").split()
    return " ".join(words[:7])[:120]


def make_query(rng: random.Random) -> str:
    """Return a few neighbouring words of a sentence, as people type them."""
    words = re.findall(r"[A-Za-z]+", rng.choice(sentences()))
    start = rng.randint(0, max(0, len(words) - 6))
    return " ".join(words[start : start + rng.randint(2, 6)]).lower()
