"""A model's picture over REST."""

import pytest
from rest_framework.test import APIClient

from accounts.services import create_access_key
from accounts.tenancy import scope
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.drawing import put_canvas
from node_links.choices import Bump
from node_links.services.versions import open_version, publish_entity
from tests.factories import Cast, Person, make_model
from tests.function_models.drawings import container, drawing
from tests.function_models.pictures.reading import containers, ways
from tests.node_links.pictures.graphs import parse, texts


def address(model: FunctionModel) -> str:
    return f"/api/v1/function-models/{model.pk}/canvas.svg"


def published(person: Person) -> FunctionModel:
    """Return a model with version 1.0.0 (a before b) and a draft 1.1.0 (a before c)."""
    model = make_model(person, drawing(container("a"), container("b"), arrows=("a>b",)))
    with scope(person.actor):
        publish_entity(FunctionModelVersion, actor=person.actor, entity=model, version=None,
                       notes="")  # fmt: skip
        open_version(actor=person.actor, entity=model, bump=Bump.MINOR)
        put_canvas(
            actor=person.actor,
            pk=model.pk,
            document=drawing(container("a"), container("c"), arrows=("a>c",)),
        )
        return FunctionModel.objects.get(pk=model.pk)


def test_a_member_sees_the_working_copy(cast: Cast) -> None:
    model = published(cast.owner)

    answer = cast.viewer.client.get(address(model))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer["Cache-Control"] == "private, no-cache"
    svg = answer.content.decode()
    assert list(containers(svg)) == ["a", "c"]
    assert texts(svg)[:2] == [
        "Handle an incident",
        "version 1.1.0 · draft · 2 containers · 0 actions · 1 dependency",
    ]


@pytest.mark.parametrize("version", ["1.0.0", "published"])
def test_a_published_version_is_drawn_as_it_was(cast: Cast, version: str) -> None:
    model = published(cast.owner)

    answer = cast.viewer.client.get(address(model), {"version": version})

    assert list(containers(answer.content.decode())) == ["a", "b"]
    assert "version 1.0.0 · live" in texts(answer.content.decode())[1]


def test_two_versions_are_drawn_in_one_picture(cast: Cast) -> None:
    model = published(cast.owner)

    svg = cast.viewer.client.get(address(model), {"compare": "1.0.0"}).content.decode()

    assert ways(svg) == {
        "c depends on a · added": "fmp-added fmp-way",
        "b depends on a · removed": "fmp-removed fmp-way",
    }
    assert texts(svg)[1] == "version 1.0.0 · live → version 1.1.0 · draft · 1 added · 1 removed"
    turned = cast.viewer.client.get(address(model), {"compare": "draft", "version": "1.0.0"})
    assert "fmp-removed" in containers(turned.content.decode())["c"].classes


def test_a_picture_that_is_held_is_not_sent_again_until_it_changes(cast: Cast) -> None:
    model = published(cast.owner)
    client = cast.viewer.client
    tag = client.get(address(model))["ETag"]

    held = client.get(address(model), headers={"If-None-Match": tag})
    assert (held.status_code, held.content, held["ETag"]) == (304, b"", tag)

    with scope(cast.owner.actor):
        put_canvas(actor=cast.owner.actor, pk=model.pk, document=drawing(container("new")))
    changed = client.get(address(model), headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert list(containers(changed.content.decode())) == ["new"]


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"version": "9.9.9"}, 404, None),
        ({"compare": "9.9.9"}, 404, None),
        ({"version": "latest"}, 400, "?version"),
        ({"compare": "1.0"}, 400, "?compare"),
        ({"colour": "red"}, 400, "?colour"),
    ],
)
def test_a_state_that_does_not_exist_is_refused(
    cast: Cast, query: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = cast.viewer.client.get(address(published(cast.owner)), query)

    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json().get("errors", [])] == (
        [pointer] if pointer else []
    )


def test_a_stranger_learns_nothing(cast: Cast) -> None:
    answer = cast.stranger.client.get(address(published(cast.owner)))

    assert answer.status_code == 404
    assert "Handle an incident" not in answer.content.decode()


def test_the_picture_is_well_formed_whatever_the_model_is_called(cast: Cast) -> None:
    model = make_model(cast.owner, drawing(container("<&>")), name="A - B")

    svg = cast.owner.client.get(address(model)).content.decode()

    assert parse(svg).get("role") == "img"
    assert list(containers(svg)) == ["<&>"]


@pytest.mark.parametrize(
    ("scope_name", "status"), [("function-models:read", 200), ("sops:read", 403)]
)
def test_an_access_key_needs_the_scope_of_models(cast: Cast, scope_name: str, status: int) -> None:
    model = make_model(cast.owner, drawing(container("a")))
    with scope(cast.owner.actor):
        _, secret = create_access_key(actor=cast.owner.actor, name="robot", scopes=[scope_name])

    answer = APIClient().get(address(model), headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == status
