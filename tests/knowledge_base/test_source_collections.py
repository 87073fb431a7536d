"""Collections from folders and archives: what is read, and what is refused with name and reason."""

import hashlib
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from knowledge_base.sources import archive, collection
from knowledge_base.sources.archive import read_zip as open_zip
from knowledge_base.sources.collection import Collection
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.files import SourceFile
from knowledge_base.sources.folder import read_folder as open_folder
from knowledge_base.sources.navigation import Navigation, read_navigation

FILES = {
    "b.md": b"# B",
    "a/A.MD": b"\xef\xbb\xbfA",
    "a/u\xcc\x88.markdown".encode("latin-1").decode(): b"x",
    "image.png": b"\x89PNG\0",
    ".git/x.md": b"no",
    "a/node_modules/y.md": b"no",
    ".hidden.md": b"no",
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def pack(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target:
        for name, data in files.items():
            target.writestr(zipfile.ZipInfo(name), data, compression)
    return buffer


def sound(found: Collection) -> Collection:
    """Return what was found; raise the first of its faults."""
    if found.faults:
        raise found.faults[0]
    return found


def read_zip(file: IO[bytes]) -> Collection:
    return sound(open_zip(file))


def read_folder(folder: Path) -> Collection:
    return sound(open_folder(folder))


def from_folder(files: dict[str, bytes], folder: Path) -> Collection:
    return read_folder(write(folder, files))


def from_zip(files: dict[str, bytes], folder: Path) -> Collection:
    return read_zip(pack(files))


both = pytest.mark.parametrize("read", [from_folder, from_zip])
Read = Callable[[dict[str, bytes], Path], Collection]


@both
def test_markdown_is_read_sorted_and_the_rest_is_passed_over(read: Read, tmp_path: Path) -> None:
    found = read(FILES, tmp_path)

    assert {file.path: file.text for file in found} == {
        "a/A.MD": "A",
        "a/ü.markdown": "x",
        "b.md": "# B",
    }
    assert [file.path for file in found] == sorted(file.path for file in found)
    assert found.files[2] == SourceFile("b.md", "# B", hashlib.sha256(b"# B").hexdigest())
    assert len(found) == 3
    assert found.ignored >= 1


@both
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"caf\xe9", "not_utf8"),
        ("text".encode("utf-16"), "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        (b"a\0b", "nul_bytes"),
        (b"\x01\x02\x03 text", "binary"),
        (b"x" * (1024 * 1024 + 64 * 1024 + 1), "too_large"),
    ],
)
def test_a_bad_file_is_refused_by_name(read: Read, data: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        read({"good.md": b"x", "dir/bad.md": data}, tmp_path)

    expected = "compression_ratio" if read is from_zip and code == "too_large" else code
    assert (refused.value.path, refused.value.code) == ("dir/bad.md", expected)


@both
def test_all_bad_files_are_named_together(read: Read, tmp_path: Path) -> None:
    files = {"a.md": b"caf\xe9", "b.md": b"fine", "c.md": b"a\0b", "mkdocs.yml": b"["}

    found = open_zip(pack(files)) if read is from_zip else open_folder(write(tmp_path, files))

    assert [(fault.path, fault.code) for fault in found.faults] == [
        ("a.md", "not_utf8"),
        ("c.md", "nul_bytes"),
        ("mkdocs.yml", "invalid_navigation"),
    ]
    assert [file.path for file in found] == ["b.md"]


@both
def test_a_file_of_exactly_the_limit_is_taken(read: Read, tmp_path: Path) -> None:
    text = "".join(f"{number:07x}\n" for number in range(131_072)).encode()

    assert len(read({"a.md": text}, tmp_path).files[0].text) == 1024 * 1024


@both
def test_the_navigation_of_a_site_is_read(read: Read, tmp_path: Path) -> None:
    site = b"x: !ENV [A]\nnav: [Home: index.md, Guide: [First: guide/one.md, guide/two.md]]\n"

    found = read({"site/mkdocs.yml": site, "site/docs/index.md": b"x"}, tmp_path)

    assert found.navigation == Navigation(
        {"site/docs/index.md": "Home", "site/docs/guide/one.md": "First"}, ("site/docs",)
    )
    assert found.ignored == 1


@both
def test_too_many_or_too_much_is_refused(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "MAX_TOTAL_BYTES", 5)

    with pytest.raises(SourceError) as refused:
        read({"a.md": b"abc", "b.md": b"def"}, tmp_path)
    assert refused.value.code == "total_too_large"

    monkeypatch.setattr(collection, "MAX_FILES", 1)
    with pytest.raises(SourceError) as refused:
        read({"a.md": b"a", "b.md": b"b"}, tmp_path)
    assert refused.value.code == "too_many_files"


def test_an_archive_of_ten_thousand_files_is_refused() -> None:
    with pytest.raises(SourceError, match="more than 5000 files"):
        read_zip(pack({f"{number}.md": b"x" for number in range(10_000)}, zipfile.ZIP_STORED))


def test_an_archive_that_declares_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 5)

    with pytest.raises(SourceError) as refused:
        read_zip(pack({"a.bin": b"abcdef"}))
    assert refused.value.code == "total_too_large"


@pytest.mark.parametrize("name", ["bomb.md", "bomb.bin"])
def test_a_zip_bomb_is_refused_before_it_is_read(name: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_zip(pack({name: b"\0" * 40_000_000}))

    assert (refused.value.path, refused.value.code) == (name, "compression_ratio")


def test_a_header_that_lies_about_the_size_is_found_out() -> None:
    data = pack({"a.md": b"x" * 60_000}).getvalue()
    lying = data.replace((60_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))

    with pytest.raises(SourceError) as refused:
        read_zip(io.BytesIO(lying))
    assert (refused.value.path, refused.value.code) == ("a.md", "corrupt_archive")


@pytest.mark.parametrize(
    "name",
    ["../a.md", "a/../../b.md", "/etc/a.md", "C:/a.md", "a\\..\\b.md", "a//b.md", "./a.md",
     "a\nb.md", "x" * 501 + ".md", "../harmless.png"],
)  # fmt: skip
def test_names_that_could_leave_the_collection_are_refused(name: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_zip(pack({"good.md": b"x", name: b"x"}))

    assert refused.value.code == "unsafe_path"


def test_a_name_with_a_nul_is_refused() -> None:
    data = pack({"good.md0.md": b"x"}).getvalue().replace(b"good.md0", b"good.md\0")

    with pytest.raises(SourceError) as refused:
        read_zip(io.BytesIO(data))
    assert refused.value.code == "unsafe_path"


def test_symbolic_links_in_archives_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")

    with pytest.raises(SourceError) as refused:
        read_zip(buffer)
    assert (refused.value.path, refused.value.code) == ("link.md", "symlink")


def test_two_names_that_become_one_are_refused() -> None:
    with pytest.raises(SourceError) as refused:
        read_zip(pack({"ü.md": b"x", "u\u0308.md": b"y"}))

    assert (refused.value.path, refused.value.code) == ("ü.md", "duplicate_path")


def test_encrypted_archives_are_refused() -> None:
    data = bytearray(pack({"a.md": b"x"}).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(SourceError) as refused:
        read_zip(io.BytesIO(bytes(data)))
    assert (refused.value.path, refused.value.code) == ("a.md", "encrypted")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + b"x" * 50])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError) as refused:
        read_zip(io.BytesIO(data))
    assert refused.value.code == "corrupt_archive"


def test_a_damaged_member_is_named() -> None:
    data = pack({"a.md": b"hello"}, zipfile.ZIP_STORED).getvalue().replace(b"hello", b"jello")

    with pytest.raises(SourceError) as refused:
        read_zip(io.BytesIO(data))
    assert (refused.value.path, refused.value.code) == ("a.md", "corrupt_archive")


def test_links_in_folders_are_refused_where_they_would_be_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": b"x"})
    (tmp_path / "image.png").symlink_to("a.md")
    assert len(read_folder(tmp_path)) == 1

    (tmp_path / "link.md").symlink_to("a.md")
    with pytest.raises(SourceError) as refused:
        read_folder(tmp_path)
    assert (refused.value.path, refused.value.code) == ("link.md", "symlink")


def test_a_missing_folder_and_an_unreadable_one_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError) as refused:
        read_folder(tmp_path / "gone")
    assert refused.value.code == "not_a_folder"

    write(tmp_path, {"a.md": b"x"})

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched, pytest.raises(SourceError, match="a.md: .*Permission"):
        patched.setattr(Path, "open", refuse)
        read_folder(tmp_path)
    with monkeypatch.context() as patched, pytest.raises(SourceError) as refused:
        patched.setattr("os.scandir", refuse)
        read_folder(tmp_path)
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize(
    "text",
    ["a: [", "- x", "nav: &a [*a]", "nav: &n [x]\nx: !!int ''", "nav: " + str([[]] * 20_001)],
)
def test_a_broken_site_configuration_is_refused(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_navigation("mkdocs.yml", text)

    assert (refused.value.path, refused.value.code) == ("mkdocs.yml", "invalid_navigation")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site_name: x", Navigation({}, ("docs",))),
        ("docs_dir: .\nnav: [{A: a.md}, {B: 1}]", Navigation({"a.md": "A"})),
        ("docs_dir: ../out\nnav: [{A: a.md}]", Navigation()),
        ("docs_dir: [x]\nbase: &b a.md\nnav: [{A: *b}]", Navigation({"docs/a.md": "A"}, ("docs",))),
    ],
)
def test_forms_of_site_configuration(text: str, expected: Navigation) -> None:
    assert read_navigation("mkdocs.yml", text) == expected
