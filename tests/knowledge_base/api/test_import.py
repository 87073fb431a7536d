"""Importing and exporting collections: all of it or nothing, and back again."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test.client import MULTIPART_CONTENT

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services import importing
from knowledge_base.services.exporting import export_files
from knowledge_base.services.importing import import_folder
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import SOPS, address, everything, reread
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[3].parent / "shared" / "data" / "kb"
IMPORT = f"{SOPS}import/"
FILES = {
    "on-call/first.md": b"---\ntags: [a]\nkeywords: [pager]\n---\n# First\n\nSee [two](second.md).",
    "on-call/second.md": b"# Second\n\nBack to [[first]], on to [[nowhere]].",
    "picture.png": b"\x89PNG",
}


def pack(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def send(person: Person, data: bytes, **fields: Any) -> Any:
    upload = SimpleUploadedFile("sops.zip", data)
    return person.client.post(IMPORT, {"file": upload, **fields}, format="multipart")


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in report.items() if isinstance(value, int)}


def test_a_dry_run_changes_nothing_and_tells_what_the_import_then_does(cast: Cast) -> None:
    before = everything()

    dry = send(cast.editor, pack(FILES), dry_run="true").json()

    assert everything() == before
    assert dry["dry_run"] is True
    real = send(cast.editor, pack(FILES)).json()
    assert counts({**real, "dry_run": True}) == counts(dry) == {
        "dry_run": True, "files": 2, "ignored": 1, "created": 2, "updated": 0, "unchanged": 0,
        "references": 3, "dangling": 1,
    }  # fmt: skip
    told = [(item["path"], item["action"], item["title"]) for item in dry["items"]]
    assert told == [(item["path"], item["action"], item["title"]) for item in real["items"]]
    assert [item["id"] for item in dry["items"]] == [None, None]
    body = cast.viewer.client.get(address(real["items"][0]["id"])).json()
    shown = ("title", "category", "tags", "search_keywords", "source_path", "status")
    assert [body[name] for name in shown] == [
        "First", "On Call", ["a"], ["pager"], "on-call/first.md", "draft",
    ]  # fmt: skip


def test_importing_again_updates_by_path_and_leaves_the_unchanged_alone(cast: Cast) -> None:
    first = send(cast.editor, pack(FILES)).json()
    before = everything()
    again = send(cast.editor, pack(FILES)).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert everything() == before

    changed = {**FILES, "on-call/second.md": b"# Other\n\nNothing."}
    third = send(cast.editor, pack(changed), publish="true").json()

    assert (third["created"], third["updated"], third["unchanged"]) == (0, 1, 1)
    assert (third["references"], third["dangling"]) == (1, 0)
    assert [item["id"] for item in third["items"]] == [item["id"] for item in first["items"]]
    rows = cast.viewer.client.get(f"{SOPS}?ordering=title").json()["results"]
    assert [(row["title"], row["published_version"]) for row in rows] == [
        ("First", "1.0.0"), ("Other", "1.0.0"),
    ]  # fmt: skip


BAD: list[tuple[str, bytes, int, str]] = [
    ("bad.md", b"caf\xe9", 400, "not_utf8"),
    ("bad.md", b"\x89PNG\r\n\x1a\n\0\0", 400, "binary"),
    ("bad.md", b"a\0b", 400, "nul_bytes"),
    ("bad.md", b"---\ntitle: [\n---\nx", 400, "invalid_front_matter"),
    ("bad.md", b"---\n- a\n---\nx", 400, "invalid_front_matter"),
    ("bad.md", b"---\ntitle: " + b"x" * 256 + b"\n---\nx", 400, "invalid_field"),
    ("bad.md", b"---\ntags: {a: 1}\n---\nx", 400, "invalid_field"),
    ("bad.md", b"---\ncover: .nan\n---\nx", 400, "invalid_front_matter"),
    ("bad.md", b" \n", 400, "blank_content"),
    ("bad.md", b"".join(b"%07x\n" % number for number in range(131_073)), 413, "too_large"),
    ("bomb.md", b"\0" * 20_000_000, 413, "compression_ratio"),
    ("../bad.md", b"x", 400, "unsafe_path"),
    ("a/../../bad.md", b"x", 400, "unsafe_path"),
    ("/etc/bad.md", b"x", 400, "unsafe_path"),
    ("C:\\bad.md", b"x", 400, "unsafe_path"),
]


@pytest.mark.parametrize(("name", "data", "status", "code"), BAD)
def test_one_bad_file_refuses_all_by_name(
    cast: Cast, name: str, data: bytes, status: int, code: str
) -> None:
    before = everything()

    for options in ({}, {"dry_run": "true"}):
        response = send(cast.editor, pack({**FILES, name: data}), **options)
        refused(response, status, "too_large" if status == 413 else "validation_error")
        shown = name.replace("\\", "\\\\") if "\\" in name else name
        assert faults(response) == {(f"/file/{shown.replace('/', '~1')}", code)}
    assert everything() == before


def test_several_bad_files_are_all_named(cast: Cast) -> None:
    files = {**FILES, "a.md": b"caf\xe9", "b/c.md": b"---\n[\n---\nx", "d.md": b"", "../e.md": b"x"}

    response = send(cast.editor, pack(files))

    assert faults(response) == {
        ("/file/a.md", "not_utf8"),
        ("/file/b~1c.md", "invalid_front_matter"),
        ("/file/d.md", "blank_content"),
        ("/file/..~1e.md", "unsafe_path"),
    }


def test_what_is_no_collection_is_refused(cast: Cast) -> None:
    before = everything()

    no_zip = send(cast.editor, b"no zip")
    assert (no_zip.status_code, faults(no_zip)) == (400, {("/file", "corrupt_archive")})
    empty = send(cast.editor, pack({"a.png": b"x"}))
    assert (empty.status_code, faults(empty)) == (400, {("/file", "empty")})
    many = send(cast.editor, pack({f"{n}.md": b"x" for n in range(10_000)}, zipfile.ZIP_STORED))
    assert (many.status_code, faults(many)) == (413, {("/file", "too_many_files")})
    missing = cast.editor.client.post(IMPORT, {"dry_run": "true"}, format="multipart")
    assert (missing.status_code, faults(missing)) == (400, {("/file", "required")})
    text = cast.editor.client.post(IMPORT, {"file": "text"}, format="multipart")
    assert (text.status_code, faults(text)) == (400, {("/file", "invalid")})
    wrong = send(cast.editor, pack(FILES), dry_run="maybe", colour="red")
    assert faults(wrong) == {("/dry_run", "invalid"), ("/colour", "unknown_field")}
    refused(cast.editor.client.post(IMPORT, {"file": "x"}), 415, "unsupported_media_type")
    generic: Any = cast.editor.client.generic
    torn = generic("POST", IMPORT, b"--", content_type="multipart/form-data")
    assert torn.status_code == 400
    assert everything() == before


class Upload(io.BytesIO):
    """A body that notes the largest piece that anybody wanted of it."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        self.largest = max(self.largest, 2**63 if size is None or size < 0 else size)
        return b""


@pytest.mark.parametrize(("megabytes", "largest"), [(51, 64 * 1024), (101, 0)])
def test_an_upload_that_is_too_large_is_never_held_in_memory(
    cast: Cast, megabytes: int, largest: int
) -> None:
    before, body = everything(), Upload()

    generic: Any = cast.editor.client.generic
    response = generic(
        "POST", IMPORT, b"", content_type=MULTIPART_CONTENT,
        **{"wsgi.input": body, "CONTENT_LENGTH": str(megabytes * 1024 * 1024)},
    )  # fmt: skip

    refused(response, 413, "too_large")
    # What a client is still sending is read in small pieces and forgotten; very much is not.
    assert body.largest == largest
    assert everything() == before


def test_a_service_that_fails_in_the_middle_leaves_nothing_behind(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = send(cast.editor, pack({"z.md": b"# Z\n\nlast"})).json()["items"][0]["id"]
    assert cast.editor.client.post(address(old, "archive/")).status_code == 200
    before = everything()

    response = send(cast.editor, pack({**FILES, "z.md": b"# Z\n\nchanged"}))

    refused(response, 409, "invalid_transition")
    assert faults(response) == {("/file/z.md", "invalid_transition")}
    assert everything() == before

    def fail(**_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(importing, "sync_references", fail)
    with scope(cast.editor.actor), pytest.raises(OSError, match="disk"):
        importing.import_archive(actor=cast.editor.actor, file=io.BytesIO(pack(FILES)))
    assert everything() == before


def test_progress_is_told_after_each_file(cast: Cast, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    seen: list[tuple[int, int]] = []

    with scope(cast.editor.actor):
        import_folder(
            actor=cast.editor.actor, folder=tmp_path, progress=lambda *now: seen.append(now)
        )

    assert seen == [(1, 2), (2, 2)]


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def command(name: str, person: Person, folder: Path, **options: Any) -> str:
    output = io.StringIO()
    slug = person.organization.slug
    call_command(name, folder, organization=slug, stdout=output, **options)
    return output.getvalue()


def test_the_command_imports_publishes_and_names_bad_files(cast: Cast, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    before = everything()
    dry = command("import_markdown", cast.editor, tmp_path, dry_run=True)
    assert "Dry run: nothing was changed" in dry and "2 files: 2 created" in dry
    assert everything() == before

    real = command("import_markdown", cast.editor, tmp_path, publish=True)
    assert "2 files: 2 created, 0 updated, 0 unchanged (1 other files passed over)" in real
    assert "3 references, 1 of them dangling" in real
    assert cast.viewer.client.get(f"{SOPS}?status=published").json()["count"] == 2

    write(tmp_path, {"bad.md": b"\xff", "sub/worse.md": b"---\n[\n---\nx"})
    before = everything()
    with pytest.raises(CommandError) as refusal:
        command("import_markdown", cast.editor, tmp_path)
    assert "bad.md: The file is not UTF-8" in str(refusal.value)
    assert "sub/worse.md: The front matter" in str(refusal.value)
    assert everything() == before


def exported(person: Person) -> dict[str, str]:
    with scope(person.actor):
        return dict(export_files(actor=person.actor))


KEPT = (
    "title", "content", "summary", "category", "author", "tags", "aliases", "content_type",
    "complexity", "audience", "searchable", "metadata",
)  # fmt: skip


def fields(person: Person) -> list[dict[str, Any]]:
    with scope(person.actor):
        return list(Sop.objects.order_by("created_at", "id").values(*KEPT))


def test_what_was_written_over_rest_is_exported_and_imported_as_it_was(
    cast: Cast, tmp_path: Path
) -> None:
    client = cast.editor.client
    for values in (
        {"title": "Plain", "content": "# H\r\n\r\ntext\n"},
        {"title": "Plain", "content": "---\na: 1\n---\nx", "summary": "one\n\ntwo  three"},
        {"title": "???  !", "content": "[[Plain]]", "tags": ["a, b", "x  y"], "aliases": ["P"],
         "search_keywords": ["k"], "category": "C", "complexity": "simple", "audience": "a\nb",
         "content_type": "template", "searchable": False, "author": "A  B",
         "metadata": {"title": 1, "n": {"x": [None, 1.5, "yes", "2024-01-01"]}}},
    ):  # fmt: skip
        assert client.post(SOPS, values).status_code == 201
    before = everything()

    command("export_markdown", cast.editor, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    again = command("import_markdown", cast.editor, tmp_path)

    assert names == ["plain-1.md", "plain.md", "untitled.md"]
    assert "3 files: 0 created, 0 updated, 3 unchanged" in again
    assert everything() == before
    elsewhere = command("import_markdown", cast.stranger, tmp_path)
    assert "3 files: 3 created" in elsewhere
    key = str
    assert sorted(fields(cast.stranger), key=key) == sorted(fields(cast.editor), key=key)

    (tmp_path / "plain.md").write_text((tmp_path / "plain.md").read_text() + "more\n")
    assert "0 created, 1 updated, 2 unchanged" in command("import_markdown", cast.editor, tmp_path)


def test_an_export_stays_inside_its_folder(cast: Cast, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    with scope(cast.editor.actor):
        make_sop(cast.editor, source_path="sub/a.md")
    (folder / "sub").symlink_to(outside)

    with pytest.raises(CommandError, match="sub/a.md: A link would lead it out"):
        command("export_markdown", cast.editor, folder)
    assert list(outside.iterdir()) == []

    (folder / "sub").unlink()
    (folder / "sub").write_text("in the way")
    with pytest.raises(CommandError, match="Cannot write"):
        command("export_markdown", cast.editor, folder)


def test_metadata_too_large_for_front_matter_stops_an_export_by_name(
    cast: Cast, tmp_path: Path
) -> None:
    make_sop(cast.editor, title="Huge", metadata={"k": "x" * 70_000})

    with pytest.raises(CommandError, match="huge.md: The front matter is larger"):
        command("export_markdown", cast.editor, tmp_path)


def test_a_deleted_sop_whose_path_was_taken_meanwhile_is_not_restored(cast: Cast) -> None:
    first = send(cast.editor, pack({"a.md": b"old"})).json()["items"][0]["id"]
    assert cast.editor.client.delete(address(first)).status_code == 204
    second = send(cast.editor, pack({"a.md": b"new"})).json()
    assert second["created"] == 1
    before = everything()

    refused(cast.admin.client.post(address(first, "restore/")), 409, "duplicate")
    assert everything() == before
    assert reread(cast.admin, Sop(pk=first)).deleted_at is not None


@pytest.mark.skipif(not DATA.is_dir(), reason="the collections are not here")
@pytest.mark.parametrize(
    ("name", "beyond", "dangling"),
    [
        # counted apart: nothing; dangling: pictures and files that are no documents included
        ("foam-vault", 0, 8),
        # two links written as [text][name], which the independent count does not see
        ("pagerduty-incident-response", 2, 0),
    ],
)
def test_a_real_collection_comes_in_and_goes_out_unchanged(
    cast: Cast, tmp_path: Path, name: str, beyond: int, dangling: int
) -> None:
    expected = json.loads((DATA / name / "expected.json").read_text())
    with scope(cast.editor.actor):
        report = import_folder(actor=cast.editor.actor, folder=DATA / name)
        counted = sum(
            file.get("links_relative", 0) + file.get("wikilinks", 0)
            for file in expected["per_file"].values()
        )
        assert (report.files, report.created) == (expected["markdown_files"],) * 2
        assert (report.references, report.dangling) == (counted + beyond, dangling)
    files = exported(cast.editor)
    command("export_markdown", cast.editor, tmp_path)

    with scope(cast.stranger.actor):
        import_folder(actor=cast.stranger.actor, folder=tmp_path)

    assert exported(cast.stranger) == files
    assert fields(cast.stranger) == fields(cast.editor)
    assert "0 created, 0 updated" in command("import_markdown", cast.editor, tmp_path)
