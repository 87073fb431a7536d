"""Contexts of nodes over REST."""

from typing import Any

import pytest

from function_models.models import FunctionModel
from tests.factories import Cast, Person, make_model
from tests.function_models.api.observing import address, everything, reread
from tests.function_models.drawings import container, drawing, tether
from tests.observing import UNKNOWN, answered, events, faults, refused

pytestmark = pytest.mark.django_db
PAST = {"valid_until": "2020-01-01T00:00:00+00:00"}


def made(person: Person) -> FunctionModel:
    """Return a model with two stages; `s` holds a and b."""
    return make_model(
        person,
        drawing(
            container("s", context={"stage": 1}),
            container("t", context={"severity": "major", "pager_token": "x"}),
            tether("a", "s", context={"own": 1}),
            tether("b", "s", context={"shared": 2}, context_window=PAST),
        ),
        context={"region": "north"},
    )


def test_any_member_asks_what_a_node_may_see(cast: Cast) -> None:
    model = made(cast.editor)

    told = answered(cast.viewer.client.get(address(model, "context/?node=a&target=t")))
    chosen = answered(
        cast.viewer.client.get(address(model, "context/?node=a&target=t&properties=pager_token,x"))
    )
    denied = answered(
        cast.viewer.client.get(address(model, "context/?node=a&target=t&access=write"))
    )

    assert told == {
        "access_granted": True,
        "relation": "nephew",
        "access_level": "read",
        "restricted_operations": ["write", "execute"],
        "granted_properties": ["severity"],
        "restricted_properties": ["pager_token"],
        "data": {"severity": "major"},
    }
    assert (chosen["data"], chosen["restricted_properties"]) == ({}, ["pager_token"])
    assert (denied["access_granted"], denied["denial_reason"], denied["data"]) == (
        *(False, "level_not_held"),
        {},
    )


def test_without_a_target_all_readable_contexts_are_listed(cast: Cast) -> None:
    model = made(cast.editor)

    whole = answered(cast.viewer.client.get(address(model, "context/?node=a")))
    cut = answered(cast.viewer.client.get(address(model, "context/?node=root&filter=all&limit=1")))

    assert [row["node_id"] for row in whole["contexts"]] == ["root", "s", "t"]
    assert whole["contexts"][0] == {
        "node_id": "root",
        "relation": "descendant",
        "access_level": "read",
        "data": {"region": "north"},
    }
    assert (whole["total_available"], whole["truncated"]) == (3, False)
    assert (len(cut["contexts"]), cut["total_available"], cut["truncated"]) == (1, 3, True)


def test_a_write_answers_what_is_stored_under_a_new_revision(cast: Cast) -> None:
    model = made(cast.editor)

    response = cast.editor.client.patch(
        address(model, "context/?node=s&target=a"), {"own": None, "key": {"deep": 1}}
    )

    assert (answered(response)["data"], response["ETag"]) == ({"key": {"deep": 1}}, '"2"')
    assert events(cast.editor, model)[-1] == (
        "NodeContextUpdated",
        {"target_node_id": "a", "keys": ["key", "own"]},
    )


def test_clearing_empties_the_context_and_those_directly_below(cast: Cast) -> None:
    model = made(cast.editor)

    answered(cast.editor.client.delete(address(model, "context/?node=root&target=s")), 204)

    contexts = {
        node["id"]: node["data"]["context"] for node in reread(cast.editor, model).nodes_data
    }
    assert (contexts["s"], contexts["a"], contexts["t"]["severity"]) == ({}, {}, "major")


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("node=a&target=s", {"x": 1}, 403, "permission_denied"),
        ("node=s&target=b", {"x": 1}, 403, "permission_denied"),
        ("node=s&target=nobody", {"x": 1}, 404, "not_found"),
        ("node=nobody&target=s", {"x": 1}, 404, "not_found"),
        ("node=s&target=a", [1], 400, "validation_error"),
        ("target=a", {"x": 1}, 400, "validation_error"),
    ],
)
def test_a_refused_write_changes_nothing(
    cast: Cast, query: str, body: Any, status: int, code: str
) -> None:
    model = made(cast.editor)
    before = everything()

    refused(cast.editor.client.patch(address(model, f"context/?{query}"), body), status, code)

    assert everything() == before


def test_who_may_not_edit_writes_no_context_and_strangers_find_none(cast: Cast) -> None:
    model = made(cast.editor)
    path = address(model, "context/?node=s&target=a")
    before = everything()

    refused(cast.viewer.client.patch(path, {"x": 1}), 403, "permission_denied")
    refused(cast.viewer.client.delete(path), 403, "permission_denied")
    refused(cast.stranger.client.get(path), 404, "not_found")
    refused(cast.stranger.client.patch(path, {"x": 1}), 404, "not_found")
    refused(
        cast.editor.client.patch(path, {"x": 1}, headers={"If-Match": '"9"'}),
        412,
        "revision_conflict",
    )
    refused(cast.editor.client.get(address(UNKNOWN, "context/?node=a")), 404, "not_found")

    assert everything() == before


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", ("node", "required")),
        ("node=a&target=s&access=own", ("access", "invalid_choice")),
        ("node=a&filter=uncles", ("filter", "invalid_choice")),
        ("node=a&limit=0", ("limit", "invalid")),
        ("node=a&limit=1001", ("limit", "invalid")),
        ("node=a&limit=many", ("limit", "invalid")),
        ("node=a&emergency=yes&target=b", ("emergency", "invalid")),
        ("node=a&properties=x", ("properties", "invalid")),
        ("node=a&surprise=1", ("surprise", "unknown_parameter")),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(
    cast: Cast, query: str, fault: tuple[str, str]
) -> None:
    model = made(cast.editor)

    response = cast.editor.client.get(address(model, f"context/?{query}"))

    assert response.status_code == 400
    assert {code for _, code in faults(response)} == {fault[1]}
    assert {pointer.lstrip("/?") for pointer, _ in faults(response)} == {fault[0]}


def test_an_emergency_is_for_administrators_and_stands_in_the_trail(cast: Cast) -> None:
    model = made(cast.editor)
    path = address(model, "context/?node=a&target=b")

    closed = answered(cast.admin.client.get(path))
    opened = answered(cast.admin.client.get(f"{path}&emergency=true"))
    refused(cast.editor.client.get(f"{path}&emergency=true"), 403, "permission_denied")
    trail = answered(cast.owner.client.get(address(model, "history/")))["results"]

    assert (closed["access_granted"], closed["denial_reason"]) == (False, "outside_window")
    assert (opened["access_granted"], opened["data"]) == (True, {"shared": 2})
    rows = [row for row in trail if row["event_type"] == "context_emergency_access"]
    assert [row["event_data"]["target"] for row in rows] == ["b"]
