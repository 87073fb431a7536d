"""Models out into files and in again, here and in another organisation."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import DomainError, Forbidden, NotFound, TooLarge, ValidationFailed
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.exchange import sources
from function_models.services.exchange.exporting import (
    export_archive,
    export_folder,
    export_model,
    record_of,
)
from function_models.services.exchange.importing import import_folder, import_upload
from function_models.services.exchange.report import ImportReport
from function_models.services.models import update_model
from function_models.services.parts import update_node
from function_models.services.publishing import open_model_version, publish_model
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop
from node_links.choices import Bump
from node_links.links.drafts import Address, LinkDraft
from node_links.models import AuditLog, NodeEvent, NodeLink
from node_links.services.links.creating import create_link
from tests.factories import Cast, Person, make_model, make_sop
from tests.function_models.drawings import container, drawing, knowledge, nested

pytestmark = pytest.mark.django_db


def restart_model(person: Person, sop: Sop, **values: Any) -> FunctionModel:
    """Return a published model with an open draft, one reference and one link made by hand."""
    document = drawing(
        container("in", "ioNode", boundary_type="input", input_data_contract={}),
        container("work"),
        container("out", "ioNode", boundary_type="output", output_data_contract={}),
        knowledge("read", "work", kb_reference_id=str(sop.pk)),
        arrows=("in>work", "work>out"),
    )
    document["team"] = {"colour": "blue"}
    values = {"name": "Restart", "tags": ["ops"], "context": {"region": "north"}, **values}
    model = make_model(person, document, **values)
    actor = person.actor
    with scope(actor):
        publish_model(actor=actor, pk=model.pk, notes="First")
        open_model_version(actor=actor, pk=model.pk, bump=Bump.MINOR)
        update_node(actor=actor, pk=model.pk, node_id="work", changes={"data": {"name": "Work"}})
        create_link(
            actor=actor,
            draft=LinkDraft(
                Address("function-model", model.pk, "work"),
                Address("knowledge-base", sop.pk),
                "supports",
                link_context={"why": "by hand"},
            ),
        )
        return FunctionModel.objects.get(pk=model.pk)


def file_of(person: Person, model: FunctionModel) -> bytes:
    """Return the model in our own format."""
    with scope(person.actor):
        return export_model(actor=person.actor, model=model, format_name="json")[1]


def bring(person: Person, data: bytes, name: str = "restart.json", **options: Any) -> ImportReport:
    """Import a file."""
    with scope(person.actor):
        return import_upload(actor=person.actor, name=name, file=io.BytesIO(data), **options)


def codes(report: ImportReport) -> list[str]:
    """Return the codes of what is told."""
    return [finding.code for model in report.models for finding in model.findings]


def published_sop(person: Person, **values: Any) -> Sop:
    """Return a published SOP."""
    sop = make_sop(person, **values)
    with scope(person.actor):
        publish_sop(actor=person.actor, pk=sop.pk)
    return sop


def test_a_model_arrives_elsewhere_with_everything_and_finds_its_targets(cast: Cast) -> None:
    sop = published_sop(cast.editor, title="Restart it")
    model = restart_model(cast.editor, sop)
    twin = published_sop(cast.stranger, title="restart IT")

    report = bring(cast.stranger, file_of(cast.editor, model))

    (told,) = report.models
    assert (told.action, told.nodes, told.edges, told.versions, told.links) == (
        *("created", 4, 2),
        *(1, 1),
    )
    assert (codes(report), report.dangling) == ([], 0)
    with scope(cast.editor.actor):
        first = record_of(actor=cast.editor.actor, model=model)
    with scope(cast.stranger.actor):
        copy = FunctionModel.objects.get(name="Restart")
        second = record_of(actor=cast.stranger.actor, model=copy)
        (version,) = copy.versions.all()
        rows = NodeEvent.objects.filter(entity_id=copy.pk).order_by("sequence")
        events = list(rows.values_list("event_type", flat=True))
        links = {(link.origin, link.link_type) for link in NodeLink.objects.all()}
    assert told.id == copy.pk != model.pk
    assert (copy.external_id, copy.owner_id) == (str(model.pk), cast.stranger.user.pk)
    assert (copy.version, copy.status, copy.published_version, copy.version_count) == (
        *("1.1.0", "draft"),
        *("1.0.0", 2),
    )
    assert second.fields == first.fields
    as_there = json.loads(json.dumps(first.document).replace(str(sop.pk), str(twin.pk)))
    assert second.document == as_there
    assert (version.notes, version.created_at.isoformat()) == (
        "First",
        first.versions[0].created_at,
    )
    content = json.dumps(first.versions[0].content).replace(str(sop.pk), str(twin.pk))
    assert version.content == json.loads(content)
    assert links == {("derived", "references"), ("manual", "supports")}
    assert [name for name in events if name.startswith("Function")] == [
        "FunctionModelCreated",
        "FunctionModelVersionCreated",
    ]


def test_what_is_not_there_dangles_and_is_told(cast: Cast) -> None:
    sop = published_sop(cast.editor)
    model = restart_model(cast.editor, sop)

    report = bring(cast.stranger, file_of(cast.editor, model))

    assert codes(report) == ["dangling_reference", "dangling_link"]
    assert report.dangling == 2
    with scope(cast.stranger.actor):
        (copy,) = FunctionModel.objects.all()
        assert not NodeLink.objects.exists()
    assert copy.dangling_references == [f"knowledge-base:{sop.pk}"]


def test_the_same_file_again_changes_nothing_and_a_changed_one_updates(cast: Cast) -> None:
    sop = published_sop(cast.editor)
    model = restart_model(cast.editor, sop)
    data = file_of(cast.editor, model)
    bring(cast.stranger, data)

    again = bring(cast.stranger, data)
    file = json.loads(data)
    file["fields"]["description"] = "Better now."
    file["canvas"]["nodes"][1]["data"]["name"] = "Work harder"
    changed = bring(cast.stranger, json.dumps(file).encode())
    home = bring(cast.editor, data)

    assert [report.models[0].action for report in (again, changed, home)] == [
        *("unchanged", "updated"),
        "unchanged",
    ]
    with scope(cast.stranger.actor):
        (copy,) = FunctionModel.objects.all()
    assert (copy.description, copy.nodes_data[1]["data"]["name"]) == ("Better now.", "Work harder")
    with scope(cast.editor.actor):
        assert FunctionModel.objects.get().revision == model.revision


def test_what_is_published_gets_its_next_draft_and_what_is_archived_stays(cast: Cast) -> None:
    sop = published_sop(cast.editor)
    model = restart_model(cast.editor, sop)
    data = file_of(cast.editor, model)
    actor = cast.editor.actor
    with scope(actor):
        publish_model(actor=actor, pk=model.pk)
        update_model(actor=actor, pk=model.pk, values={"tags": ["other"]})

    opened = bring(cast.editor, data)
    with scope(actor):
        FunctionModel.objects.filter(pk=model.pk).update(status="archived")
        before = FunctionModel.objects.values().get()
    file = json.loads(data)
    file["fields"]["description"] = "Late."
    late = bring(cast.editor, json.dumps(file).encode())

    assert (opened.models[0].action, opened.models[0].name) == ("updated", "Restart")
    assert (late.models[0].action, codes(late)) == ("unchanged", ["archived"])
    with scope(actor):
        assert FunctionModel.objects.values().get() == before
    assert (before["version"], before["tags"]) == ("1.2.0", ["ops"])


def test_models_of_one_import_find_each_other_in_any_order(cast: Cast) -> None:
    inner = make_model(cast.editor, name="Z inner")
    with scope(cast.editor.actor):
        outer = make_model(
            cast.editor,
            drawing(container("s"), nested("n", "s", nested_model_id=str(inner.pk))),
            name="A outer",
        )
        file = io.BytesIO()
        count = export_archive(actor=cast.editor.actor, ids=None, format_name="json", file=file)

    report = bring(cast.stranger, file.getvalue(), "all.zip")

    assert (count, [model.action for model in report.models]) == (2, ["created"] * 2)
    assert codes(report) == []
    with scope(cast.stranger.actor):
        found = {model.name: model for model in FunctionModel.objects.all()}
    reference = found["A outer"].nodes_data[1]["data"]["nested_model_id"]
    assert reference == str(found["Z inner"].pk) != str(outer.pk)


def test_a_taken_name_is_numbered(cast: Cast) -> None:
    make_model(cast.stranger, name="restart")
    sop = published_sop(cast.editor)

    report = bring(cast.stranger, file_of(cast.editor, restart_model(cast.editor, sop)))

    assert report.models[0].name == "Restart 2"
    assert codes(report)[0] == "name_changed"


def test_a_dry_run_says_what_would_happen_and_leaves_no_trace(cast: Cast) -> None:
    data = file_of(cast.editor, restart_model(cast.editor, published_sop(cast.editor)))

    report = bring(cast.stranger, data, dry_run=True)

    assert (report.dry_run, report.count("created"), report.models[0].id) == (True, 1, None)
    with scope(cast.stranger.actor):
        assert not FunctionModel.all_objects.exists()
        assert not FunctionModelVersion.objects.exists()
        assert not NodeEvent.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"surprise": 1}, "/surprise", "unknown_field"),
        ({"format_version": 2}, "/format_version", "invalid_choice"),
        ({"external_id": ""}, "/external_id", "blank"),
        ({"fields": {"name": "a/b"}}, "/fields/name", "name_charset"),
        ({"fields": {"name": "abc", "tags": ["a", "A"]}}, "/fields/tags", "duplicate"),
        (
            {"fields": {"name": "abc", "complexity_level": "x"}},
            "/fields/complexity_level",
            "invalid_choice",
        ),
        (
            {"canvas": {"nodes": [{"id": "a", "type": "x"}]}},
            "/canvas/nodes/0/type",
            "unknown_node_type",
        ),
        ({"state": {"version": "one"}}, "/state/version", "invalid_version"),
        ({"state": {"status": "published"}}, "", "inconsistent_versions"),
        ({"versions": []}, "", "inconsistent_versions"),
        ({"links": [{"leaves": True}]}, "/links/0/other", "required"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_place(
    cast: Cast, change: dict[str, Any], pointer: str, code: str
) -> None:
    data = file_of(cast.editor, restart_model(cast.editor, published_sop(cast.editor)))
    broken = json.dumps({**json.loads(data), **change}).encode()

    with pytest.raises(ValidationFailed) as refusal:
        bring(cast.stranger, broken)

    assert (f"/file/restart.json{pointer}", code) in {
        (error.pointer, error.code) for error in refusal.value.errors
    }
    with scope(cast.stranger.actor):
        assert not FunctionModel.all_objects.exists()


def test_versions_have_to_follow_each_other(cast: Cast) -> None:
    data = file_of(cast.editor, restart_model(cast.editor, published_sop(cast.editor)))
    for path, value in (("bump", "major"), ("previous_version", "0.9.0")):
        file = json.loads(data)
        file["versions"][0][path] = value
        with pytest.raises(ValidationFailed) as refusal:
            bring(cast.stranger, json.dumps(file).encode())
        assert refusal.value.errors[0].code == "inconsistent_versions"
    file = json.loads(data)
    file["state"]["version"] = "3.0.0"
    with pytest.raises(ValidationFailed) as refusal:
        bring(cast.stranger, json.dumps(file).encode())
    assert "3.0.0 cannot follow 1.0.0" in refusal.value.errors[0].message


def test_one_bad_file_keeps_all_out_and_every_one_is_named(cast: Cast, tmp_path: Path) -> None:
    data = file_of(cast.editor, restart_model(cast.editor, published_sop(cast.editor)))
    (tmp_path / "good.json").write_bytes(data)
    (tmp_path / "twice.json").write_bytes(data)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "notes.txt").write_text("not looked at")

    with pytest.raises(ValidationFailed) as refusal, scope(cast.stranger.actor):
        import_folder(actor=cast.stranger.actor, folder=tmp_path)

    assert {(error.pointer, error.code) for error in refusal.value.errors} == {
        ("/file/bad.json", "malformed"),
        ("/file/twice.json", "duplicate_model"),
    }
    with scope(cast.stranger.actor):
        assert not FunctionModel.all_objects.exists()


def archive(*members: tuple[str, bytes]) -> bytes:
    """Return a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "kind"),
    [
        (b"PK\x03\x04 and no more", "corrupt_archive", ValidationFailed),
        (archive(("../out.json", b"{}")), "unsafe_path", ValidationFailed),
        (archive(("a.json", b" " * 5_000_000)), "compression_ratio", ValidationFailed),
        (archive(("readme.txt", b"")), "empty", ValidationFailed),
        (b"[" * (sources.MAX_FILE_BYTES + 1), "too_large", TooLarge),
    ],
)
def test_uploads_that_are_no_collection_are_refused(
    cast: Cast, data: bytes, code: str, kind: type[DomainError]
) -> None:
    with pytest.raises(kind) as refusal:
        bring(cast.editor, data)

    assert [error.code for error in refusal.value.errors] == [code]


def test_a_folder_holds_every_model_and_the_export_is_on_record(cast: Cast, tmp_path: Path) -> None:
    restart_model(cast.editor, published_sop(cast.editor))
    make_model(cast.editor, name="Same name here")
    seen: list[tuple[int, int]] = []
    actor = cast.viewer.actor

    with scope(actor):
        count = export_folder(
            actor=actor,
            folder=tmp_path / "new",
            format_name="mermaid",
            progress=lambda done, total: seen.append((done, total)),
        )
        (row,) = AuditLog.objects.filter(event_type="export")

    assert (count, seen) == (2, [(1, 2), (2, 2)])
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "restart.mmd",
        "same-name-here.mmd",
    ]
    assert row.event_data == {
        "action": "export", "format": "mermaid", "models": 2, "outcome": "granted"
    }  # fmt: skip


def test_the_audit_trail_of_an_import_names_its_source(cast: Cast) -> None:
    data = file_of(cast.editor, restart_model(cast.editor, published_sop(cast.editor)))
    report = bring(cast.stranger, data)

    with scope(cast.stranger.actor):
        row = AuditLog.objects.get(table_name="function_models", operation="INSERT")
    assert row.model_id == report.models[0].id
    assert row.event_data == {
        "action": "import", "format": "json", "source": "restart.json",
        "nodes": 4, "edges": 2, "versions": 1,
    }  # fmt: skip


def test_viewers_import_nothing_and_foreign_models_are_not_exported(cast: Cast) -> None:
    model = restart_model(cast.editor, published_sop(cast.editor))
    data = file_of(cast.editor, model)

    with pytest.raises(Forbidden):
        bring(cast.viewer, data)
    with pytest.raises(NotFound), scope(cast.stranger.actor):
        export_archive(
            actor=cast.stranger.actor, ids=[model.pk], format_name="json", file=io.BytesIO()
        )
