"""A collection: the Markdown files of a folder or archive, read and checked before any use."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from knowledge_base.markdown.targets import is_markdown
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.files import SourceFile, decode, read_source
from knowledge_base.sources.limits import MAX_FILES, MAX_TOTAL_BYTES, MEBIBYTE
from knowledge_base.sources.navigation import Navigation, is_configuration, read_navigation
from knowledge_base.sources.paths import is_excluded, normalise_path


@dataclass(frozen=True, slots=True)
class Collection:
    """Files sorted by path, the site's navigation, and the number of other files passed over."""

    files: tuple[SourceFile, ...]
    navigation: Navigation = field(default_factory=Navigation)
    ignored: int = 0

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file not read yet: its `name` in the collection, and `read`, which gives its bytes.

    `read` stops soon after `MAX_FILE_BYTES`; what it gives beyond that is refused here.
    """

    name: str
    read: Callable[[], bytes]


def collect(entries: Iterable[Entry]) -> Collection:
    """Read the Markdown files and site configurations among `entries`.

    Raises:
        SourceError: for the first file that cannot be taken; two names that become one are
            `duplicate_path`, a collection beyond its bounds `too_many_files` or `total_too_large`.
    """
    files: dict[str, SourceFile] = {}
    navigation, ignored, total = Navigation(), 0, 0
    for entry in entries:
        path = normalise_path(entry.name)
        wanted = is_markdown(path) or is_configuration(path)
        if is_excluded(path) or not wanted:
            ignored += 1
            continue
        data = entry.read()
        total += len(data)
        if total > MAX_TOTAL_BYTES:
            raise total_too_large()
        if is_configuration(path):
            navigation |= read_navigation(path, decode(path, data))
            ignored += 1
        else:
            _keep(files, read_source(path, data))
    ordered = tuple(files[path] for path in sorted(files))
    return Collection(files=ordered, navigation=navigation, ignored=ignored)


def _keep(files: dict[str, SourceFile], source: SourceFile) -> None:
    if source.path in files:
        raise SourceError(source.path, "duplicate_path", "The collection holds this name twice.")
    if len(files) >= MAX_FILES:
        raise too_many_files()
    files[source.path] = source


def too_many_files() -> SourceError:
    """The refusal of a collection with more files than one import may hold."""
    return SourceError("", "too_many_files", f"The collection holds more than {MAX_FILES} files.")


def total_too_large() -> SourceError:
    """The refusal of a collection larger than one import may hold."""
    limit = MAX_TOTAL_BYTES // MEBIBYTE
    return SourceError("", "total_too_large", f"The collection exceeds {limit} MB uncompressed.")
