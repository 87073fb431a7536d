"""Contexts in the design: asked for and written through the services."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import (
    Forbidden,
    InvalidTransition,
    NotFound,
    RevisionConflict,
    ValidationFailed,
)
from function_models.context_access.access import Level
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.context import (
    Inquiry,
    clear_context,
    decide_access,
    list_contexts,
    merge_context,
)
from node_links.models import AuditLog, NodeEvent
from node_links.services.versions import publish_entity
from tests.factories import Cast, Person, make_model
from tests.function_models.drawings import container, drawing, tether

pytestmark = pytest.mark.django_db
PAST = {"valid_until": "2020-01-01T00:00:00+00:00"}


def made(person: Person) -> FunctionModel:
    """Return a model with two stages; `s` holds a and b, `t` holds c."""
    return make_model(
        person,
        drawing(
            container("s", context={"stage": 1}),
            container("t", context={"severity": "major", "pager_token": "x"}),
            tether("a", "s", context={"own": 1}),
            tether("b", "s", context={"shared": 2}, context_window=PAST),
            tether("c", "t"),
        ),
        context={"region": "north"},
    )


def write(person: Person, model: FunctionModel, node: str, target: str, values: Any) -> Any:
    """Merge `values` as `node` into the context of `target`."""
    with scope(person.actor):
        return merge_context(
            actor=person.actor,
            pk=model.pk,
            inquiry=Inquiry(node, target, Level.WRITE),
            values=values,
        )


def stored(person: Person, model: FunctionModel) -> tuple[int, dict[str, Any]]:
    """Return the revision and every context."""
    with scope(person.actor):
        row = FunctionModel.objects.get(pk=model.pk)
        found = {node["id"]: node["data"]["context"] for node in row.nodes_data}
        return row.revision, {**found, "root": row.context}


def test_a_node_is_told_what_it_may_see_and_what_is_kept_from_it(cast: Cast) -> None:
    model = made(cast.editor)

    with scope(cast.viewer.actor):
        nephew = decide_access(actor=cast.viewer.actor, model=model, inquiry=Inquiry("a", "t"))
        stranger = decide_access(actor=cast.viewer.actor, model=model, inquiry=Inquiry("t", "a"))

    assert nephew.data == {"severity": "major"}
    assert nephew.restricted_properties == ["pager_token"]
    assert (stranger.access_granted, stranger.data) == (False, {})
    with pytest.raises(NotFound), scope(cast.viewer.actor):
        decide_access(actor=cast.viewer.actor, model=model, inquiry=Inquiry("a", "nobody"))


def test_a_list_is_cut_at_its_limit_and_says_so(cast: Cast) -> None:
    model = made(cast.editor)

    whole = list_contexts(model=model, node="a")
    first = list_contexts(model=model, node="a", limit=1)
    siblings = list_contexts(model=model, node="s", kind="sibling")

    assert [context.node_id for context, _ in whole.shown] == ["root", "s", "t"]
    assert (whole.total, whole.truncated) == (3, False)
    assert (len(first.shown), first.total, first.truncated) == (1, 3, True)
    assert [context.node_id for context, _ in siblings.shown] == ["t"]


def test_a_write_merges_removes_nulls_and_tells_names_only(cast: Cast) -> None:
    model = made(cast.editor)

    saved = write(cast.editor, model, "s", "a", {"own": None, "password": "hunter2"})
    same = write(cast.editor, model, "s", "a", {"password": "hunter2"})

    assert (saved.revision, same.revision) == (2, 2)
    assert stored(cast.editor, model)[1]["a"] == {"password": "hunter2"}
    with scope(cast.editor.actor):
        (event,) = NodeEvent.objects.filter(event_type="NodeContextUpdated")
    assert (event.node_id, event.data) == (
        "a",
        {"target_node_id": "a", "keys": ["own", "password"]},
    )


def test_the_models_own_context_is_written_at_the_root(cast: Cast) -> None:
    model = made(cast.editor)

    write(cast.editor, model, "root", "root", {"region": "south"})

    assert stored(cast.editor, model)[1]["root"] == {"region": "south"}
    with scope(cast.editor.actor):
        (event,) = NodeEvent.objects.filter(event_type="NodeContextUpdated")
    assert (event.node_id, event.data["target_node_id"]) == (None, "root")


@pytest.mark.parametrize(
    ("node", "target", "values", "refusal"),
    [
        ("a", "s", {"x": 1}, Forbidden),
        ("a", "b", {"x": 1}, Forbidden),
        ("s", "b", {"x": 1}, Forbidden),
        ("s", "nobody", {"x": 1}, NotFound),
        ("s", "a", [1], ValidationFailed),
    ],
)
def test_a_refused_write_changes_nothing(
    cast: Cast, node: str, target: str, values: Any, refusal: type[Exception]
) -> None:
    model = made(cast.editor)
    before = stored(cast.editor, model)

    with pytest.raises(refusal):
        write(cast.editor, model, node, target, values)

    assert stored(cast.editor, model) == before


def test_viewers_stale_writers_and_closed_models_are_refused(cast: Cast) -> None:
    model = made(cast.editor)
    actor = cast.editor.actor
    inquiry = Inquiry("s", "a", Level.WRITE)

    with pytest.raises(Forbidden):
        write(cast.viewer, model, "s", "a", {"x": 1})
    with pytest.raises(RevisionConflict), scope(actor):
        merge_context(
            actor=actor, pk=model.pk, inquiry=inquiry, values={"x": 1}, expected_revision=7
        )
    with scope(actor):
        publish_entity(FunctionModelVersion, actor=actor, entity=model, version=None, notes="")
    with pytest.raises(InvalidTransition):
        write(cast.editor, model, "s", "a", {"x": 1})

    assert stored(cast.editor, model)[1]["a"] == {"own": 1}


def test_clearing_takes_the_children_along_and_no_further(cast: Cast) -> None:
    model = made(cast.editor)
    actor = cast.editor.actor

    with scope(actor):
        clear_context(actor=actor, pk=model.pk, inquiry=Inquiry("root", "root", Level.WRITE))

    found = stored(cast.editor, model)[1]
    assert (found["root"], found["s"], found["t"]) == ({}, {}, {})
    assert (found["a"], found["b"]) == ({"own": 1}, {"shared": 2})


def test_an_emergency_lifts_the_window_for_administrators_on_record(cast: Cast) -> None:
    model = made(cast.editor)
    inquiry = Inquiry("a", "b", emergency=True)

    with scope(cast.admin.actor):
        closed = decide_access(actor=cast.admin.actor, model=model, inquiry=Inquiry("a", "b"))
        opened = decide_access(actor=cast.admin.actor, model=model, inquiry=inquiry)
        (row,) = AuditLog.objects.filter(event_type="context_emergency_access")
    with pytest.raises(Forbidden), scope(cast.editor.actor):
        decide_access(actor=cast.editor.actor, model=model, inquiry=inquiry)

    assert (closed.access_granted, closed.denial_reason) == (False, "outside_window")
    assert (opened.access_granted, opened.data) == (True, {"shared": 2})
    assert row.model_id == model.pk
    assert row.event_data == {
        "action": "context_emergency_access",
        "node": "a",
        "target": "b",
        "window": {"valid_from": None, **PAST},
        "outcome": "granted",
    }
