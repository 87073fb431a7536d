"""Who may do what with a model, and that other organisations do not see it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.choices import Role
from function_models.models import FunctionModel
from tests.factories import Cast, Person, make_model, make_person
from tests.function_models.api.observing import MODELS, address, everything, publishable
from tests.function_models.drawings import container
from tests.observing import answered, refused

pytestmark = pytest.mark.django_db

Ask = Callable[[Any, FunctionModel], Any]
EVERYBODY = {"admin", "owner of it", "editor", "editors", "publishers", "executors", "archivers"}
EVERYBODY |= {"viewers", "viewer"}
EDITING = {"admin", "owner of it", "editor", "editors"}

READING: dict[str, Ask] = {
    "read": lambda client, model: client.get(address(model)),
    "canvas": lambda client, model: client.get(address(model, "canvas/")),
    "nodes": lambda client, model: client.get(address(model, "nodes/")),
    "node": lambda client, model: client.get(address(model, "nodes/work/")),
    "edges": lambda client, model: client.get(address(model, "edges/")),
    "versions": lambda client, model: client.get(address(model, "versions/")),
    "version": lambda client, model: client.get(address(model, "versions/1.0.0/")),
    "compare": lambda client, model: client.get(
        address(model, "versions/compare/?from=1.0.0&to=draft")
    ),
    "validate": lambda client, model: client.post(address(model, "validate/")),
    "statistics": lambda client, model: client.get(address(model, "statistics/")),
}
ACTS: dict[str, tuple[Ask, set[str]]] = {
    "fields": (lambda client, model: client.patch(address(model), {"tags": ["x"]}), EDITING),
    "put canvas": (lambda client, model: client.put(address(model, "canvas/"), {}), EDITING),
    "add node": (
        lambda client, model: client.post(address(model, "nodes/"), container("n")),
        EDITING,
    ),
    "change node": (
        lambda client, model: client.patch(address(model, "nodes/work/"), {"data": {"name": "W"}}),
        EDITING,
    ),
    "remove node": (lambda client, model: client.delete(address(model, "nodes/out/")), EDITING),
    "add edge": (
        lambda client, model: client.post(
            address(model, "edges/"), {"source": "in", "target": "out"}
        ),
        EDITING,
    ),
    "change edge": (
        lambda client, model: client.patch(address(model, "edges/in>work/"), {"label": "x"}),
        EDITING,
    ),
    "remove edge": (
        lambda client, model: client.delete(address(model, "edges/in>work/")),
        EDITING,
    ),
    "roll back": (
        lambda client, model: client.post(address(model, "versions/1.0.0/rollback/")),
        EDITING,
    ),
    "publish": (
        lambda client, model: client.post(address(model, "publish/")),
        EDITING | {"publishers"},
    ),
    "archive": (
        lambda client, model: client.post(address(model, "archive/")),
        EDITING | {"archivers"},
    ),
    "audit trail": (
        lambda client, model: client.get(address(model, "history/")),
        EDITING | {"viewers"},
    ),
    "permissions": (
        lambda client, model: client.patch(
            address(model), {"permissions": {**model.permissions, "viewers": []}}
        ),
        {"admin", "owner of it"},
    ),
    "delete": (
        lambda client, model: client.delete(address(model)),
        {"admin", "owner of it"},
    ),
}


def make_people(cast: Cast) -> tuple[FunctionModel, dict[str, Person]]:
    """Return a draft with one version, and somebody for each column of the table."""
    listed = {
        name: make_person(Role.VIEWER, cast.organization)
        for name in ("editors", "publishers", "executors", "archivers", "viewers")
    }
    master = make_person(Role.EDITOR, cast.organization)
    permissions = {name: [str(person.user.pk)] for name, person in listed.items()}
    model = make_model(master, publishable(), permissions=permissions)
    answered(master.client.post(address(model, "publish/")))
    answered(master.client.post(address(model, "versions/"), {"bump": "minor"}), 201)
    people = {
        **listed,
        "admin": cast.admin,
        "owner of it": master,
        "editor": cast.editor,
        "viewer": cast.viewer,
    }
    return model, people


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_the_table_of_access(cast: Cast, act: str, who: str) -> None:
    model, people = make_people(cast)
    ask, allowed = ACTS[act]
    before = everything()

    response = ask(people[who].client, model)

    if who in allowed:
        assert response.status_code in (200, 201, 204), response.content
    else:
        refused(response, 403, "permission_denied")
        assert everything() == before


def test_every_member_reads(cast: Cast) -> None:
    model, people = make_people(cast)

    for name, ask in READING.items():
        for who, person in people.items():
            assert ask(person.client, model).status_code == 200, (name, who)


@pytest.mark.parametrize("act", [*READING, *ACTS])
def test_a_foreign_model_is_not_found(cast: Cast, act: str) -> None:
    model, _ = make_people(cast)
    ask = READING[act] if act in READING else ACTS[act][0]
    before = everything()

    refused(ask(cast.stranger.client, model), 404, "not_found")
    assert everything() == before


def test_lists_end_at_the_wall_between_organisations(cast: Cast) -> None:
    make_model(cast.editor)
    make_model(cast.stranger, name="Theirs")

    names = [row["name"] for row in answered(cast.stranger.client.get(MODELS))["results"]]

    assert names == ["Theirs"]


def test_creating_needs_the_role_of_an_editor(cast: Cast) -> None:
    before = everything()

    refused(cast.viewer.client.post(MODELS, {"name": "Mine"}), 403, "permission_denied")

    assert everything() == before
    for person in (cast.editor, cast.admin, cast.owner):
        answered(person.client.post(MODELS, {"name": f"Model of {person.role}"}), 201)
