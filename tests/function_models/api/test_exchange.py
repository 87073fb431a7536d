"""Models as files over REST."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tenancy import scope
from node_links.models import AuditLog
from tests.factories import Cast, Person, make_model
from tests.function_models.api.observing import MODELS, address, everything, publishable
from tests.observing import answered, faults, refused

pytestmark = pytest.mark.django_db
FLOW = {"nodes": [{"id": "a", "type": "step", "position": {"x": 0, "y": 0}, "data": {}}]}


def upload(person: Person, document: Any, name: str = "flow.json", **more: Any) -> Any:
    """Send a file."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    body = {"file": SimpleUploadedFile(name, data), **more}
    return person.client.post(f"{MODELS}import/", body, format="multipart")


def test_a_drawing_of_another_tool_is_imported_and_told(cast: Cast) -> None:
    report = answered(upload(cast.editor, FLOW))

    (model,) = report.pop("models")
    assert report == {
        **{"dry_run": False, "files": 1, "ignored": 0, "created": 1, "updated": 0},
        **{"unchanged": 0, "links": 0, "dangling": 0},
    }
    assert model["findings"] == [
        {"code": "translated", "message": "1 of the type step became stageNode.", "place": "step"}
    ]
    canvas = answered(cast.editor.client.get(address(model["id"], "canvas/")))
    assert canvas["nodes"][0]["data"]["foreign"] == {"type": "step", "data": {}}


def test_what_is_exported_imports_unchanged_in_every_format(cast: Cast) -> None:
    model = make_model(cast.editor, publishable(), name="My model")

    own = cast.viewer.client.get(address(model, "export/"))
    flow = cast.viewer.client.get(address(model, "export/?format=reactflow"))
    chart = cast.viewer.client.get(address(model, "export/?format=mermaid"))

    assert own["Content-Disposition"] == 'attachment; filename="my-model.json"'
    assert own["ETag"] == '"1"'
    assert answered(upload(cast.editor, own.content))["unchanged"] == 1
    assert json.loads(flow.content) == model.document
    assert chart["Content-Type"] == "text/vnd.mermaid; charset=utf-8"
    assert chart.content.decode().splitlines()[3] == "flowchart LR"
    with scope(cast.owner.actor):
        rows = AuditLog.objects.filter(event_type="export", model_id=model.pk)
        assert sorted((row.event_data or {})["format"] for row in rows) == [
            "json",
            "mermaid",
            "reactflow",
        ]


def test_a_dry_run_and_every_refusal_leave_no_trace(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    before = everything()

    dry = answered(upload(cast.editor, FLOW, dry_run=True))
    refused(upload(cast.viewer, FLOW), 403, "permission_denied")
    bad = upload(cast.editor, b"{")
    missing = cast.editor.client.post(f"{MODELS}import/", {}, format="multipart")
    unknown = cast.editor.client.get(address(model, "export/?format=bpmn"))
    refused(cast.stranger.client.get(address(model, "export/")), 404, "not_found")

    assert (dry["created"], dry["models"][0]["id"]) == (1, None)
    assert faults(bad) == {("/file/flow.json", "malformed")}
    assert faults(missing) == {("/file", "required")}
    assert {code for _, code in faults(unknown)} == {"invalid_choice"}
    assert everything() == before
