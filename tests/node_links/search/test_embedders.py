"""What all embedders share: the registry, the batches, the imports that wait."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from node_links.search.embedders import Embedder, get_embedder
from node_links.search.embedders.base import batched, blank_vector, clean
from node_links.search.embedders.local import LocalEmbedder
from node_links.search.embedders.openai import OpenAIEmbedder


def test_importing_the_embedders_loads_no_heavy_library() -> None:
    program = (
        "import sys, node_links.search.embedders, node_links.search.embedders.local,"
        " node_links.search.embedders.openai;"
        "print([m for m in ('wordllama', 'numpy', 'tokenizers', 'safetensors')"
        " if m in sys.modules])"
    )

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_the_settings_name_the_embedder(settings: Settings) -> None:
    settings.EMBEDDER = "openai"
    assert isinstance(get_embedder(), OpenAIEmbedder)

    settings.EMBEDDER = "local"
    assert isinstance(get_embedder(), LocalEmbedder)
    assert isinstance(get_embedder("openai"), OpenAIEmbedder)
    assert isinstance(get_embedder(), Embedder)


def test_there_is_one_embedder_per_settings(settings: Settings) -> None:
    first = get_embedder("openai")
    assert get_embedder("openai") is first

    settings.EMBEDDING_MODEL = "another"

    second = get_embedder("openai")
    assert second is not first
    assert (second.model, first.model) == ("another", "text-embedding-3-small")


def test_an_unknown_embedder_is_named_with_those_that_exist() -> None:
    with pytest.raises(
        ImproperlyConfigured, match="No embedder is called 'magic'; there are: local, openai"
    ):
        get_embedder("magic")


def test_a_path_that_leads_nowhere_is_named(settings: Settings) -> None:
    settings.EMBEDDERS = {"gone": "node_links.search.nowhere.Gone"}

    with pytest.raises(ImproperlyConfigured, match=r"node_links\.search\.nowhere\.Gone"):
        get_embedder("gone")


def test_the_vector_of_nothing_has_unit_length() -> None:
    assert blank_vector(4) == [0.5, 0.5, 0.5, 0.5]


def test_texts_are_cut_and_made_encodable() -> None:
    assert clean("a\0b\ud800c", 4) == "a b?"


@given(
    st.lists(st.text(max_size=12), max_size=30),
    st.integers(min_value=1, max_value=5),
    st.integers(min_value=1, max_value=20),
)
def test_batches_hold_every_text_once_in_order_and_stay_within_limits(
    texts: list[str], count: int, characters: int
) -> None:
    batches = [list(batch) for batch in batched(texts, count=count, characters=characters)]

    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert 1 <= len(batch) <= count
        assert len(batch) == 1 or sum(map(len, batch)) <= characters
