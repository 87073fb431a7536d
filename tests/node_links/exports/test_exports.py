"""Exports as files: asked for, written by a worker, downloaded, removed."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.exceptions import NotFound
from node_links.exports.kinds import ExportKind, export_kinds
from node_links.models import AuditLog, Export
from node_links.services.exports import resume_exports
from node_links.tasks.exports import purge_exports, run_export, sweep_exports
from tests.factories import Cast, Person, make_model

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/exports/"


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def brittle() -> Iterator[list[Exception]]:
    """Return a list whose one error the kind `brittle` raises when it is written."""
    errors: list[Exception] = []

    def write(**_: Any) -> int:
        raise errors[0]

    export_kinds.add(ExportKind("brittle", ("json",), write, lambda actor, ids: None))
    yield errors
    export_kinds._kinds.pop("brittle")


def ask(person: Person, **body: Any) -> dict[str, Any]:
    """Ask for an export of models."""
    response = person.client.post(EXPORTS, {"kind": "function-models", **body}, format="json")
    assert response.status_code == 202, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_an_export_is_asked_for_written_and_downloaded(cast: Cast) -> None:
    model = make_model(cast.editor, name="My model")
    make_model(cast.editor, name="Another one")

    asked = ask(cast.viewer, ids=[str(model.pk)])
    early = cast.viewer.client.get(f"{EXPORTS}{asked['id']}/download/")
    assert run_export(asked["id"]) is True
    told = cast.viewer.client.get(f"{EXPORTS}{asked['id']}/").json()
    file: Any = cast.viewer.client.get(told["download"])

    assert (asked["status"], asked["format"], asked["download"]) == ("queued", "json", None)
    assert early.status_code == 404
    assert (told["status"], told["count"], told["error"]) == ("completed", 1, None)
    data = b"".join(file.streaming_content)
    assert (file["Content-Type"], len(data)) == ("application/zip", told["size"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["my-model.json"]
        assert json.loads(archive.read("my-model.json"))["external_id"] == str(model.pk)
    with scope(cast.owner.actor):
        row = AuditLog.objects.get(event_type="export")
    assert (row.changed_by_id, (row.event_data or {})["models"]) == (cast.viewer.user.pk, 1)
    assert run_export(asked["id"]) is False


def test_only_who_asked_and_administrators_see_an_export(cast: Cast) -> None:
    make_model(cast.editor)
    asked = ask(cast.editor)
    run_export(asked["id"])

    for person, status in ((cast.admin, 200), (cast.viewer, 404), (cast.stranger, 404)):
        for rest in ("", "download/"):
            assert person.client.get(f"{EXPORTS}{asked['id']}/{rest}").status_code == status
    assert cast.viewer.client.get(EXPORTS).json()["count"] == 0
    assert cast.admin.client.get(EXPORTS).json()["count"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "secrets"}, 400),
        ({"kind": "function-models", "format": "pdf"}, 400),
        ({"kind": "function-models", "ids": []}, 400),
        ({"kind": "function-models", "ids": ["01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"]}, 404),
        ({}, 400),
    ],
)
def test_what_cannot_be_exported_is_refused(cast: Cast, body: dict[str, Any], status: int) -> None:
    assert cast.owner.client.post(EXPORTS, body, format="json").status_code == status

    with system_scope():
        assert not Export.objects.exists()


def test_a_foreign_model_is_not_there(cast: Cast) -> None:
    model = make_model(cast.stranger)

    response = cast.owner.client.post(
        EXPORTS, {"kind": "function-models", "ids": [str(model.pk)]}, format="json"
    )

    assert response.status_code == 404


def test_after_its_time_nobody_gets_it_and_the_night_removes_it(cast: Cast) -> None:
    make_model(cast.editor)
    asked, young = ask(cast.editor), ask(cast.editor)
    for one in (asked, young):
        run_export(one["id"])
    with system_scope():
        name = Export.objects.get(pk=asked["id"]).file
        Export.objects.filter(pk=asked["id"]).update(expires_at=timezone.now())

    told = cast.editor.client.get(f"{EXPORTS}{asked['id']}/").json()
    late = cast.editor.client.get(f"{EXPORTS}{asked['id']}/download/")
    assert default_storage.exists(name)
    removed = purge_exports()

    assert (told["download"], late.status_code, removed) == (None, 404, 1)
    assert not default_storage.exists(name)
    assert cast.editor.client.get(f"{EXPORTS}{asked['id']}/").status_code == 404
    assert cast.editor.client.get(f"{EXPORTS}{young['id']}/download/").status_code == 200


def test_who_is_no_member_any_more_gets_nothing_written(cast: Cast) -> None:
    asked = ask(cast.editor)
    with system_scope():
        Membership.objects.filter(user=cast.editor.user).delete()

    run_export(asked["id"])

    with system_scope():
        export = Export.objects.get(pk=asked["id"])
    assert (export.status, export.file) == ("failed", "")
    assert "no member" in export.error


@pytest.mark.parametrize(
    ("error", "told", "raised"),
    [(NotFound("One is gone."), "One is gone.", False), (KeyError("x"), "KeyError", True)],
)
def test_what_goes_wrong_is_told_to_who_asked(
    cast: Cast, brittle: list[Exception], error: Exception, told: str, raised: bool
) -> None:
    brittle.append(error)
    asked = ask(cast.editor, kind="brittle")

    if raised:
        with pytest.raises(type(error)):
            run_export(asked["id"])
    else:
        run_export(asked["id"])

    answer = cast.editor.client.get(f"{EXPORTS}{asked['id']}/").json()
    assert (answer["status"], answer["error"], answer["download"]) == ("failed", told, None)


def test_a_storage_that_fails_leaves_the_export_to_the_sweep(
    cast: Cast, brittle: list[Exception]
) -> None:
    brittle.append(OSError("disk"))
    asked = ask(cast.editor, kind="brittle")
    with pytest.raises(OSError, match="disk"):
        run_export(asked["id"])
    assert run_export(asked["id"]) is False
    assert resume_exports() == 0

    with system_scope():
        old = timezone.now() - timedelta(minutes=16)
        Export.objects.filter(pk=UUID(asked["id"])).update(updated_at=old)

    assert sweep_exports() == 1
    brittle[0] = NotFound("Gone.")
    assert run_export(asked["id"]) is True
