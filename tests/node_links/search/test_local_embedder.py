"""WordLlama from its wheel."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from node_links.search.embedders.base import blank_vector
from node_links.search.embedders.local import LocalEmbedder


@pytest.fixture
def embedder() -> LocalEmbedder:
    return LocalEmbedder()


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_meaning_decides_who_is_near(embedder: LocalEmbedder) -> None:
    question, near, far = embedder.embed(
        [
            "How do I restore a database backup?",
            "Recovering PostgreSQL from a snapshot",
            "Holiday request form for employees",
        ]
    )

    assert cosine(question, near) > cosine(question, far) + 0.1


def test_vectors_have_the_promised_length_and_unit_norm(embedder: LocalEmbedder) -> None:
    vectors = embedder.embed(["one", "two words", "Größe 漢字 🙂", "x" * 500])

    assert [len(vector) for vector in vectors] == [embedder.dimensions] * 4 == [256] * 4
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * 4)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(embedder: LocalEmbedder) -> None:
    texts = [f"text number {number} " * (number % 9 + 1) for number in range(150)]

    together = embedder.embed(texts)

    assert together == [embedder.embed([text])[0] for text in texts]


def test_an_empty_text_gets_the_blank_vector(embedder: LocalEmbedder) -> None:
    assert embedder.embed(["", "word"])[0] == blank_vector(256)


def test_no_texts_give_no_vectors(embedder: LocalEmbedder) -> None:
    assert embedder.embed([]) == []


def test_of_a_very_long_text_the_first_hundred_thousand_characters_count(
    embedder: LocalEmbedder,
) -> None:
    start = "restore the backup " * 6000

    cut, longer = embedder.embed([start[:100_000], start[:100_000] + "holiday " * 50_000])

    assert cut == longer


def test_odd_characters_do_no_harm(embedder: LocalEmbedder) -> None:
    vectors = embedder.embed(["a\0b", "\ud800", "\u202e\ufeff"])

    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * 3)


def test_threads_get_what_one_thread_gets(embedder: LocalEmbedder) -> None:
    texts = [f"sentence about topic {number}" for number in range(40)]
    alone = embedder.embed(texts)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: LocalEmbedder().embed(texts), range(8)))

    assert answers == [alone] * 8


def test_the_model_is_loaded_without_network_and_leaves_logging_alone() -> None:
    program = """
import logging, socket
def refuse(*args, **kwargs): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
from concurrent.futures import ThreadPoolExecutor
from node_links.search.embedders.local import LocalEmbedder
with ThreadPoolExecutor(4) as pool:
    answers = list(pool.map(lambda _: LocalEmbedder().embed(["one"]), range(4)))
assert answers == [answers[0]] * 4
print(logging.getLogger().handlers, logging.getLogger().level == logging.WARNING)
"""

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"HOME": "/nonexistent", "PYTHONPATH": ":".join(sys.path)},
    )

    assert (done.stdout.strip(), done.returncode) == ("[] True", 0), done.stderr
