"""Vectors that are given to nodes, and what the embedding run makes of them."""

from typing import Any

import pytest

from accounts.tenancy import scope
from knowledge_base.services.sops import update_sop
from node_links.search.backlog import drain
from node_links.search.vectors import NodeVector, insert_vectors, search_vectors
from node_links.services.nodes.syncing import sync_nodes
from tests.factories import Cast, make_sop
from tests.node_links.nodes.conftest import at, draw_row, node_of, reread, told
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db

ADA = "text-embedding-ada-002"
LOCAL = "wordllama-l2-supercat-256"


def unit(place: int, length: int = 1536) -> list[float]:
    vector = [0.0] * length
    vector[place] = 1.0
    return vector


def give(cast: Cast, sop: Any, vector: Any, model: Any = ADA, rest: str = "") -> Any:
    body = {"vector_embedding": vector, "embedding_model": model}
    return cast.editor.client.patch(at(sop, rest), body)


def test_a_vector_is_stored_found_and_copied_to_the_entity(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = give(cast, sop, unit(3))

    body = response.json()
    assert (response.status_code, body["revision"]) == (200, 2)
    assert (body["embedding_model"], body["dimensions"], body["vector_given"]) == (ADA, 1536, True)
    shown = cast.viewer.client.get(at(sop, "?vector=true")).json()
    assert shown["vector_embedding"] == unit(3)
    assert faults(cast.viewer.client.get(at(sop, "?vector=yes"))) == {("?vector", "invalid")}
    with scope(cast.editor.actor):
        [near] = search_vectors(actor=cast.editor.actor, vector=unit(3), model=ADA)
    assert (near.entity_id, round(near.similarity, 4)) == (sop.pk, 1.0)
    copy = reread(cast.editor, sop).vector_embedding
    assert copy is not None and [float(n) for n in copy] == unit(3)
    [(event, _, data)] = told(cast.editor, sop)
    assert event == "SopUpdated"
    assert data["changes"]["embedding_model"] == {"old": None, "new": ADA}
    assert data["changes"]["vector_embedding"]["new"].startswith("sha256:")


def test_the_same_vector_again_leaves_no_trace(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    vector = [0.1] * 256
    give(cast, sop, vector, LOCAL)

    assert give(cast, sop, vector, LOCAL).json()["revision"] == 2
    # As the model that is stored already it may be sent back alone.
    body = cast.editor.client.patch(at(sop), {"embedding_model": LOCAL}).json()
    assert body["revision"] == 2


def test_a_given_vector_stands_until_the_text_changes(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    give(cast, sop, unit(3))

    assert drain() == 1  # was waiting since the SOP was written
    body = cast.viewer.client.get(at(sop, "?vector=true")).json()
    assert (body["vector_embedding"], body["embedding_model"]) == (unit(3), ADA)
    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"content": "# Another text"})
    between = cast.viewer.client.get(at(sop)).json()
    assert (between["embedding_model"], between["vector_given"]) == (ADA, False)

    assert drain() == 1

    after = cast.viewer.client.get(at(sop)).json()
    assert (after["embedding_model"], after["dimensions"]) == (LOCAL, 256)
    assert after["vector_given"] is False
    assert node_of(cast.editor, sop).vector_given_for is None


def test_giving_a_computed_vector_makes_it_a_given_one(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    drain()
    computed = cast.viewer.client.get(at(sop, "?vector=true")).json()

    body = give(cast, sop, computed["vector_embedding"], LOCAL).json()

    assert (computed["vector_given"], body["vector_given"]) == (False, True)


def test_what_a_service_stores_with_a_vector_survives_the_sync(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    node = node_of(cast.editor, sop)

    with scope(cast.editor.actor):
        given = NodeVector(node.pk, unit(2), {"source": "crawler"})
        insert_vectors(actor=cast.editor.actor, vectors=[given], model=ADA)
        sync_nodes(entity=sop, rewrite=True)
    drain()

    body = cast.viewer.client.get(at(sop)).json()
    assert body["metadata"] == {
        "category": None,
        "content_type": "procedure",
        "source": "crawler",
    }
    assert (body["embedding_model"], body["vector_given"]) == (ADA, True)


def test_a_vector_is_taken_away(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    give(cast, sop, unit(0))

    body = cast.editor.client.patch(at(sop), {"vector_embedding": None}).json()

    assert (body["embedding_model"], body["dimensions"], body["revision"]) == (None, None, 3)
    assert cast.viewer.client.get(at(sop, "?vector=true")).json()["vector_embedding"] is None
    assert reread(cast.editor, sop).vector_embedding is None
    again = cast.editor.client.patch(at(sop), {"vector_embedding": None, "embedding_model": None})
    assert again.json()["revision"] == 3


def test_a_node_inside_has_a_vector_of_its_own(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw_row(cast.editor, sop, "a")

    assert give(cast, sop, unit(1), rest="a/").json()["dimensions"] == 1536

    assert node_of(cast.editor, sop).vector_embedding is None
    assert reread(cast.editor, sop).vector_embedding is None


@pytest.mark.parametrize(
    ("vector", "model", "fault"),
    [
        (unit(0, 1535), ADA, ("/vector_embedding", "wrong_dimensions")),
        (unit(0, 1537), ADA, ("/vector_embedding", "wrong_dimensions")),
        ([], ADA, ("/vector_embedding", "wrong_dimensions")),
        ([0.0] * 1536, ADA, ("/vector_embedding", "no_direction")),
        ([0.5, 1e300, *[0.5] * 254], LOCAL, ("/vector_embedding/1", "max_value")),
        ([1e-300] * 256, LOCAL, ("/vector_embedding", "no_direction")),
        (["x"] * 256, LOCAL, ("/vector_embedding", "invalid")),
        ([True] * 256, LOCAL, ("/vector_embedding", "invalid")),
        ("x", LOCAL, ("/vector_embedding", "invalid")),
        (unit(0), "magic", ("/embedding_model", "unknown_model")),
        (unit(0, 3072), "text-embedding-3-large", ("/embedding_model", "unknown_model")),
        (unit(0), None, ("/embedding_model", "required")),
        (None, ADA, ("/vector_embedding", "required")),
    ],
)
def test_what_is_no_vector_of_the_model_is_refused(
    cast: Cast, vector: Any, model: Any, fault: tuple[str, str]
) -> None:
    sop = make_sop(cast.editor)

    assert faults(give(cast, sop, vector, model)) == {fault}

    node = node_of(cast.editor, sop)
    assert (node.vector_embedding, node.embedding_model) == (None, "")
    assert (reread(cast.editor, sop).revision, told(cast.editor, sop)) == (1, [])


def test_a_model_without_a_vector_is_refused(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    answer = cast.editor.client.patch(at(sop), {"embedding_model": ADA})

    assert faults(answer) == {("/vector_embedding", "required")}


def test_nan_is_no_json(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    body = '{"embedding_model": "text-embedding-ada-002", "vector_embedding": [NaN]}'

    answer = cast.editor.client.patch(at(sop), body, content_type="application/json")

    assert faults(answer) == {("", "malformed")}
    refused(cast.stranger.client.patch(at(sop), {"vector_embedding": None}), 404, "not_found")
