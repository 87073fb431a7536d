"""Who may do what with an SOP, and that strangers cannot tell what exists."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.tenancy import scope
from knowledge_base.api.urls import router
from knowledge_base.models import Sop
from knowledge_base.services.sops import delete_sop
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import SOPS, address, everything, reread
from tests.observing import event_types, events, faults, refused

pytestmark = pytest.mark.django_db
LISTS = ("editors", "viewers", "publishers", "executors", "archivers")


def detail_routes() -> Iterator[tuple[str, str]]:
    """Yield (method, address with `{}` for the id) of every route below one SOP."""
    for pattern in router.urls:
        actions = getattr(pattern.callback, "actions", {})
        regex = str(pattern.pattern)
        if "pk" not in regex:
            continue
        path = regex.split("(?P<pk>[^/.]+)")[1].strip("/$")
        path = path.replace("(?P<version>[0-9A-Za-z.+_-]+)", "1.0.0")
        if "format" in path:
            continue
        for method in actions:
            yield method, "{}" + path + ("/" if path else "")


ROUTES = sorted(set(detail_routes()))
QUERIES = {"versions/compare/": "?from=1.0.0&to=draft"}


def call(client: APIClient, method: str, path: str, pk: object) -> Response:
    url = SOPS + path.format(f"{pk}/")
    url += next((query for end, query in QUERIES.items() if url.endswith(end)), "")
    body = {"bump": "minor"} if method == "post" and path.endswith("versions/") else {}
    answer: Response = getattr(client, method)(url, body if method != "get" else None)
    return answer


def test_the_sweep_covers_all_routes() -> None:
    assert len(ROUTES) == 17
    assert ("post", "{}versions/1.0.0/rollback/") in ROUTES


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_foreign_unknown_deleted_and_malformed_ids_cannot_be_told_apart(
    cast: Cast, method: str, path: str
) -> None:
    foreign, gone = make_sop(cast.stranger), make_sop(cast.editor)
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=gone.pk)
    before = everything()

    answers = []
    editor = cast.editor.client
    for pk in (foreign.pk, gone.pk, uuid4(), "nonsense", "%00"):
        body = refused(call(editor, method, path, pk), 404, "not_found")
        body.pop("request_id")
        answers.append(body)

    assert all(body == answers[0] for body in answers)
    assert everything() == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_in_without_signing_in(cast: Cast, method: str, path: str) -> None:
    sop = make_sop(cast.editor)

    refused(call(APIClient(), method, path, sop.pk), 401, "not_authenticated")


def test_lists_never_hold_a_foreign_row(cast: Cast) -> None:
    make_sop(cast.stranger, title="Secret plan", content="See [[nowhere]] and [[own]].",
             category="Secrets", tags=["secret"])  # fmt: skip
    own = make_sop(cast.editor, title="Own", content="Plain.")
    client = cast.viewer.client

    rows = client.get(SOPS).json()["results"]
    assert [row["id"] for row in rows] == [str(own.pk)]
    for query in ("?search=Secret", "?category=Secrets", "?tags=secret"):
        assert client.get(SOPS + query).json()["count"] == 0
    assert client.get(f"{SOPS}dangling/").json()["count"] == 0
    assert client.get(address(own, "backlinks/")).json()["count"] == 0
    categories = {row["category"] for row in client.get(f"{SOPS}categories/").json()["results"]}
    assert "Secrets" not in categories
    for mode in ("text", "semantic", "hybrid"):
        found = client.get(f"{SOPS}search/?q=secret+plan&mode={mode}").json()
        assert (found["results"], found["facets"]["tags"]) == ([], {})


def act(person: Person, sop: Sop, what: str) -> int:
    """Try `what` and return the status of the answer."""
    client = person.client
    calls: dict[str, Any] = {
        "read": lambda: client.get(address(sop)),
        "toc": lambda: client.get(address(sop, "toc/")),
        "edit": lambda: client.patch(address(sop), {"tags": ["x"]}),
        "publish": lambda: client.post(address(sop, "publish/")),
        "archive": lambda: client.post(address(sop, "archive/")),
        "share": lambda: client.patch(address(sop), {"permissions": {"viewers": []}, "tags": []}),
        "delete": lambda: client.delete(address(sop)),
        "restore": lambda: client.post(address(sop, "restore/")),
        "see deleted": lambda: client.get(f"{SOPS}?deleted=true"),
        "create": lambda: client.post(SOPS, {"title": "x", "content": "y"}),
    }
    return int(calls[what]().status_code)


TABLE: list[tuple[str, dict[str, int]]] = [
    ("read", {}),
    ("toc", {}),
    ("edit", {"publishers": 403, "archivers": 403, "executors": 403, "viewers": 403, "": 403}),
    ("publish", {"archivers": 403, "executors": 403, "viewers": 403, "": 403}),
    ("archive", {"publishers": 403, "executors": 403, "viewers": 403, "": 403}),
    ("delete", dict.fromkeys(("editor", *LISTS, ""), 403)),
    ("restore", dict.fromkeys(("maker", "editor", *LISTS, ""), 404)),
    ("see deleted", dict.fromkeys(("maker", "editor", *LISTS, ""), 403)),
    ("create", dict.fromkeys((*LISTS, ""), 403)),
]
DONE = {"delete": 204, "create": 201, "restore": 409}


@pytest.mark.parametrize(("what", "exceptions"), TABLE)
@pytest.mark.parametrize("who", ["owner", "admin", "maker", "editor", *LISTS, ""])
def test_the_table_of_rights(cast: Cast, what: str, exceptions: dict[str, int], who: str) -> None:
    lists = {who: [str(cast.viewer.user.pk)]} if who in LISTS else {}
    owner = cast.viewer if who == "maker" else cast.owner
    permissions = {"owner": str(owner.user.pk), **lists}
    sop = make_sop(cast.owner, permissions=permissions)
    person = {"owner": cast.owner, "admin": cast.admin, "editor": cast.editor}.get(who, cast.viewer)
    if what == "create" and who == "maker":
        exceptions = {"maker": 403}  # owning one SOP is no role
    before = everything()

    status = act(person, sop, what)

    assert status == exceptions.get(who, DONE.get(what, 200))
    if status in (403, 404, 409):
        assert everything() == before


def test_permissions_are_completed_and_each_user_stands_once_in_a_list(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    viewer, editor = str(cast.viewer.user.pk), str(cast.editor.user.pk)

    response = cast.editor.client.patch(
        address(sop), {"permissions": {"editors": [viewer, viewer.upper()], "archivers": [viewer]}}
    )

    assert response.json()["permissions"] == {
        "owner": editor, "editors": [viewer], "viewers": [], "publishers": [], "executors": [],
        "archivers": [viewer],
    }  # fmt: skip
    assert event_types(cast.editor, sop) == ["SopCreated", "SopPermissionsChanged"]
    again = cast.editor.client.patch(
        address(sop), {"permissions": {"editors": [viewer], "archivers": [viewer]}}
    )
    assert again["ETag"] == '"2"'


def test_users_of_other_organisations_are_no_members(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    stranger, viewer = str(cast.stranger.user.pk), str(cast.viewer.user.pk)
    before = everything()

    response = cast.editor.client.patch(
        address(sop), {"permissions": {"editors": [viewer, stranger], "owner": stranger}}
    )

    assert faults(response) == {
        ("/permissions/editors/1", "not_a_member"),
        ("/permissions/owner", "not_a_member"),
    }
    assert everything() == before


def test_ownership_is_handed_over_and_leaves_the_former_owner(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    viewer = str(cast.viewer.user.pk)

    given = cast.editor.client.patch(address(sop), {"permissions": {"owner": viewer}})

    assert (given.json()["owner"], given.json()["permissions"]["owner"]) == (viewer, viewer)
    assert reread(cast.editor, sop).owner_id == cast.viewer.user.pk
    [_, (name, data)] = events(cast.editor, sop)
    assert name == "SopPermissionsChanged"
    assert data["changes"]["permissions"]["new"]["owner"] == viewer
    assert cast.editor.client.delete(address(sop)).status_code == 403
    assert cast.viewer.client.delete(address(sop)).status_code == 204


def test_only_owner_and_administrators_change_permissions(cast: Cast) -> None:
    sop = make_sop(cast.owner)
    before = everything()

    viewer, editor = str(cast.viewer.user.pk), str(cast.editor.user.pk)
    attempts: tuple[Any, ...] = (
        {"viewers": [viewer]}, {"owner": editor}, {"rulers": []}, {"editors": ["nobody"]}, "x", 0,
    )  # fmt: skip
    for permissions in attempts:
        answer = cast.editor.client.patch(address(sop), {"permissions": permissions, "title": "X"})
        refused(answer, 403, "permission_denied")
    assert everything() == before

    unchanged = cast.editor.client.get(address(sop)).json()["permissions"]
    answer = cast.editor.client.patch(address(sop), {"permissions": unchanged, "title": "X"})
    assert (answer.status_code, answer.json()["title"]) == (200, "X")


def test_a_viewer_who_may_not_create_hears_so_before_any_fault_of_the_body(cast: Cast) -> None:
    before = everything()
    upload = SimpleUploadedFile("x.zip", b"no zip")

    refused(cast.viewer.client.post(SOPS, {"nonsense": 1}), 403, "permission_denied")
    answer = cast.viewer.client.post(f"{SOPS}import/", {"file": upload}, format="multipart")
    refused(answer, 403, "permission_denied")
    assert everything() == before
