"""The OpenAI-compatible embedder, against a server that speaks the wire format."""

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django_redis import get_redis_connection
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from config import valkey
from config.exceptions import CircuitOpenException, ExternalServiceException
from node_links.search.embedders.base import blank_vector
from node_links.search.embedders.openai import OpenAIEmbedder, unit_vectors
from tests.http_server import Answer, HttpServer, Request, http_server

KEY = "sk-test-0123456789"


def vector_of(text: str) -> list[float]:
    """A vector that depends on the text and is not of unit length."""
    return [float(len(text)), float(sum(map(ord, text)) % 97), 2.0]


def unit(vector: list[float]) -> list[float]:
    return [number / math.hypot(*vector) for number in vector]


def embeddings(request: Request) -> Answer:
    """Answer like `POST /v1/embeddings` does."""
    texts = request.json["input"]
    data = [
        {"object": "embedding", "index": index, "embedding": vector_of(text)}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return Answer(
        200, {"object": "list", "data": data, "model": request.json["model"], "usage": usage}
    )


def answer_with(data: Any) -> Answer:
    return Answer(200, {"object": "list", "data": data})


@pytest.fixture
def server(settings: Settings) -> Iterator[HttpServer]:
    valkey.outage.reset()
    store = get_redis_connection("default")
    store.flushdb()
    with http_server() as running:
        running.otherwise = embeddings
        settings.OPENAI_BASE_URL = f"{running.url}/v1/"
        settings.OPENAI_API_KEY = KEY
        settings.EMBEDDING_MODEL = "text-embedding-3-small"
        settings.EMBEDDING_DIMENSIONS = 3
        settings.RETRY_DELAY = 0
        yield running
    store.flushdb()


@pytest.fixture
def embedder(server: HttpServer) -> OpenAIEmbedder:
    return OpenAIEmbedder()


def test_texts_become_unit_vectors_in_their_order(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    vectors = embedder.embed(["alpha", "be"])

    assert vectors == [
        pytest.approx(unit(vector_of("alpha"))),
        pytest.approx(unit(vector_of("be"))),
    ]
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/v1/embeddings")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "text-embedding-3-small",
        "input": ["alpha", "be"],
        "encoding_format": "float",
        "dimensions": 3,
    }


def test_other_models_are_not_told_how_long_to_be(server: HttpServer, settings: Settings) -> None:
    settings.EMBEDDING_MODEL = "nomic-embed-text"
    settings.OPENAI_API_KEY = ""

    OpenAIEmbedder().embed(["a"])

    assert "dimensions" not in server.requests[0].json
    assert "authorization" not in server.requests[0].headers


def test_an_answer_in_another_order_is_put_right(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    server.script = [
        answer_with(
            [
                {"index": 2, "embedding": [0, 0, 1]},
                {"index": 0, "embedding": [2, 0, 0]},
                {"index": 1, "embedding": [0, -3, 0]},
            ]
        )
    ]

    assert embedder.embed(["a", "b", "c"]) == [[1, 0, 0], [0, -1, 0], [0, 0, 1]]


def test_an_answer_without_indexes_is_in_the_order_of_the_question(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    server.script = [answer_with([{"embedding": [0, 1, 0]}, {"embedding": [1, 0, 0]}])]

    assert embedder.embed(["a", "b"]) == [[0, 1, 0], [1, 0, 0]]


def test_blank_texts_are_not_sent(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    vectors = embedder.embed(["", "a", " \n\0", "b"])

    assert [request.json["input"] for request in server.requests] == [["a", "b"]]
    assert vectors[0] == vectors[2] == blank_vector(3)
    assert vectors[3] == pytest.approx(unit(vector_of("b")))


def test_nothing_is_asked_for_nothing(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    assert embedder.embed([]) == []
    assert embedder.embed([""]) == [blank_vector(3)]
    assert server.requests == []


def test_many_texts_go_in_batches(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    texts = ["x" * (number % 7 + 1) for number in range(300)]

    vectors = embedder.embed(texts)

    assert [len(request.json["input"]) for request in server.requests] == [128, 128, 44]
    assert vectors == [pytest.approx(unit(vector_of(text))) for text in texts]


def test_long_texts_are_cut_and_go_in_smaller_batches(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    embedder.embed(["y" * 30_000] * 10)

    sent = [[len(text) for text in request.json["input"]] for request in server.requests]
    assert sent == [[24_000] * 8, [24_000] * 2]


def test_a_busy_service_is_asked_again_when_it_says(
    server: HttpServer, embedder: OpenAIEmbedder, settings: Settings
) -> None:
    settings.RETRY_DELAY = 1000  # the test would not end if its wish were not heard
    server.script = [Answer(429, {"error": {}}, {"Retry-After": "0"})] * 2

    assert embedder.embed(["a"]) == [pytest.approx(unit(vector_of("a")))]
    assert len(server.requests) == 3


def test_a_service_that_is_busy_for_long_is_left_to_the_caller(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    server.script = [Answer(429, {"error": {}}, {"Retry-After": "3600"})]

    with pytest.raises(ExternalServiceException) as failed:
        embedder.embed(["a"])

    assert (failed.value.status, failed.value.retry_after) == (429, 3600)
    assert len(server.requests) == 1


def test_a_passing_failure_is_never_seen(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    server.script = [Answer(500, b"oops"), Answer(503, b"")]

    assert embedder.embed(["a"]) == [pytest.approx(unit(vector_of("a")))]
    assert len(server.requests) == 3


def test_a_failing_service_is_left_alone_after_five_failures(
    server: HttpServer, embedder: OpenAIEmbedder
) -> None:
    server.script = [Answer(500)] * 9

    with pytest.raises(ExternalServiceException) as failed:
        embedder.embed(["a"])
    assert (failed.value.service, failed.value.status) == ("openai", 500)
    assert len(server.requests) == 3

    with pytest.raises(CircuitOpenException):
        embedder.embed(["a"])
    with pytest.raises(CircuitOpenException) as refused:
        OpenAIEmbedder().embed(["a"])
    assert refused.value.service == "openai"
    assert len(server.requests) == 5


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_repeated_and_does_not_open_the_circuit(
    server: HttpServer, embedder: OpenAIEmbedder, status: int
) -> None:
    server.script = [Answer(status, {"error": {"code": "invalid", "message": f"key {KEY}"}})] * 6

    for _ in range(6):
        with pytest.raises(ExternalServiceException) as failed:
            embedder.embed(["a"])
        assert (failed.value.status, failed.value.details) == (status, {"error": "invalid"})

    assert len(server.requests) == 6
    assert len(embedder.embed(["a"])) == 1


GARBAGE = {
    "no json": Answer(200, b"<html>"),
    "not utf-8": Answer(200, b"\xff\xfe"),
    "another shape": Answer(200, [1]),
    "no data": Answer(200, {"object": "list"}),
    "data is text": Answer(200, {"data": "ab"}),
    "rows are numbers": answer_with([1, 2]),
    "too few": answer_with([{"index": 0, "embedding": [1, 2, 3]}]),
    "too many": answer_with([{"index": one, "embedding": [1, 2, 3]} for one in range(3)]),
    "index twice": answer_with([{"index": 0, "embedding": [1, 2, 3]}] * 2),
    "index out of range": answer_with(
        [{"index": 0, "embedding": [1, 2, 3]}, {"index": 2, "embedding": [1, 2, 3]}]
    ),
    "index is a list": answer_with([{"index": [one], "embedding": [1, 2, 3]} for one in range(2)]),
    "too short": answer_with([{"index": one, "embedding": [1, 2]} for one in range(2)]),
    "too long": answer_with([{"index": one, "embedding": [1, 2, 3, 4]} for one in range(2)]),
    "nested": answer_with([{"index": one, "embedding": [[1, 2, 3]]} for one in range(2)]),
    "text": answer_with([{"index": one, "embedding": ["a", "b", "c"]} for one in range(2)]),
    "base64": answer_with([{"index": one, "embedding": "AACAPw=="} for one in range(2)]),
    "no vector": answer_with([{"index": one} for one in range(2)]),
    "null": answer_with([{"index": one, "embedding": [1, None, 2]} for one in range(2)]),
    "not a number": answer_with(
        [{"index": one, "embedding": [1, math.nan, 2]} for one in range(2)]
    ),
    "infinite": answer_with([{"index": one, "embedding": [1, math.inf, 2]} for one in range(2)]),
    "only zeros": answer_with([{"index": one, "embedding": [0, 0, 0]} for one in range(2)]),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_answer_that_makes_no_sense_is_a_failure_of_the_service(
    server: HttpServer, embedder: OpenAIEmbedder, garbage: Answer
) -> None:
    server.otherwise = lambda request: garbage

    with pytest.raises(ExternalServiceException, match="cannot be used") as failed:
        embedder.embed(["a", "b"])

    assert failed.value.endpoint == f"{server.url}/v1/embeddings"
    assert failed.value.status is None
    assert len(server.requests) == 3


def test_the_reason_is_told_where_it_is_known() -> None:
    with pytest.raises(ValueError, match="vectors of 2 numbers were expected"):
        unit_vectors({"data": [{"embedding": [1]}]}, count=1, dimensions=2)


def test_a_vector_of_huge_numbers_is_refused_rather_than_zeroed() -> None:
    with pytest.raises(ValueError, match="not finite"):
        unit_vectors({"data": [{"embedding": [1e300, 1e300]}]}, count=1, dimensions=2)


def test_nobody_listening_is_a_failure_of_the_service(
    server: HttpServer, settings: Settings
) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"

    with pytest.raises(ExternalServiceException, match="did not answer") as failed:
        OpenAIEmbedder().embed(["a"])

    assert failed.value.status is None


def test_the_key_appears_in_no_log_and_no_error(
    server: HttpServer, embedder: OpenAIEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.script = [
        Answer(500, {"error": {"message": KEY}}),
        Answer(401, {"error": {"code": KEY}}),
    ]

    with capture_logs() as logs, pytest.raises(ExternalServiceException) as failed:
        embedder.embed(["a"])

    assert [one["outcome"] for one in logs] == ["EXTERNAL_SERVICE_ERROR"] * 2
    told = json.dumps(logs) + caplog.text + repr(failed.value) + str(vars(failed.value))
    assert KEY not in told
    assert KEY not in repr(embedder)


def test_a_redirect_is_not_followed(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    with http_server() as elsewhere:
        server.otherwise = lambda request: Answer(307, headers={"Location": elsewhere.url})

        with pytest.raises(ExternalServiceException) as failed:
            embedder.embed(["a"])

    assert failed.value.status == 307
    assert elsewhere.requests == []


def test_threads_share_one_embedder(server: HttpServer, embedder: OpenAIEmbedder) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: embedder.embed(["t" * number]), range(1, 13)))

    assert answers == [[pytest.approx(unit(vector_of("t" * number)))] for number in range(1, 13)]
