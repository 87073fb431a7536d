"""Drawings are read through the cache: by one statement, never out of date, by nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from function_models.models import FunctionModel
from function_models.services.deleting import delete_model
from node_links.models import NodeEntity
from spindles.models import Spindle
from tests.factories import Cast, Person, make_model, make_spindle
from tests.function_models.drawings import container, drawing
from tests.observing import answered, refused

ADDRESSES: dict[type[NodeEntity], str] = {FunctionModel: "function-models", Spindle: "spindles"}


def canvas_of(entity: NodeEntity) -> str:
    return f"/api/v1/{ADDRESSES[type(entity)]}/{entity.pk}/canvas/"


def read(person: Person, entity: NodeEntity, **headers: str) -> tuple[Any, list[str]]:
    """Return the answer and the statements that it took."""
    with CaptureQueriesContext(connection) as captured:
        response = person.client.get(canvas_of(entity), headers=headers)
    return response, [query["sql"] for query in captured]


def read_from_cache(person: Person, entity: NodeEntity) -> Any:
    """Return the drawing; asserts that it was not read from the database."""
    response, statements = read(person, entity)
    assert not [sql for sql in statements if "nodes_data" in sql]
    assert len([sql for sql in statements if sql.startswith(("SELECT", "WITH"))]) == 1
    return answered(response)


@pytest.fixture
def model(cast: Cast) -> FunctionModel:
    return make_model(cast.editor, drawing(container("a"), container("b")))


@pytest.mark.parametrize("make", [make_model, make_spindle])
def test_the_second_reader_gets_what_the_first_one_got(
    cast: Cast, make: Callable[..., NodeEntity]
) -> None:
    entity = make(cast.editor)
    first, statements = read(cast.editor, entity)
    assert [sql for sql in statements if "nodes_data" in sql]

    assert read_from_cache(cast.viewer, entity) == answered(first)
    again, _ = read(cast.viewer, entity)
    assert (again["ETag"], again["Content-Type"]) == (first["ETag"], first["Content-Type"])


def test_a_change_is_seen_at_once(cast: Cast, model: FunctionModel) -> None:
    read(cast.editor, model)
    changed = cast.editor.client.patch(
        f"/api/v1/function-models/{model.pk}/nodes/a/", {"data": {"name": "Renamed"}}, format="json"
    )
    assert changed.status_code == 200

    response, _ = read(cast.viewer, model)
    names = {node["id"]: node["data"]["name"] for node in answered(response)["nodes"]}
    assert names["a"] == "Renamed"
    assert response["ETag"] == changed["ETag"]
    assert read_from_cache(cast.editor, model) == answered(response)


def test_a_state_that_is_known_is_answered_without_a_body(cast: Cast, model: FunctionModel) -> None:
    response, _ = read(cast.editor, model)
    known, statements = read(cast.viewer, model, if_none_match=response["ETag"])
    assert (known.status_code, known.content) == (304, b"")
    assert not [sql for sql in statements if "nodes_data" in sql]


def test_a_stranger_does_not_find_it_and_nobody_finds_what_was_deleted(
    cast: Cast, model: FunctionModel
) -> None:
    read(cast.editor, model)
    refused(read(cast.stranger, model)[0], 404, "not_found")

    with scope(cast.admin.actor):
        delete_model(actor=cast.admin.actor, pk=model.pk)
    refused(read(cast.editor, model)[0], 404, "not_found")


def test_without_valkey_it_is_read_as_ever(
    cast: Cast, model: FunctionModel, valkey_away: None
) -> None:
    first, _ = read(cast.editor, model)
    second, _ = read(cast.viewer, model)
    assert answered(first) == answered(second)
