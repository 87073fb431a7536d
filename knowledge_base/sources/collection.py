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
    """Files sorted by path, the site's navigation, and the number of other files passed over.

    `faults` says what is wrong with those that could not be taken; a collection with any is not to
    be used, only to be told about.
    """

    files: tuple[SourceFile, ...]
    navigation: Navigation = field(default_factory=Navigation)
    ignored: int = 0
    faults: tuple[SourceError, ...] = ()

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


def collect(entries: Iterable[Entry | SourceError]) -> Collection:
    """Read the Markdown files and site configurations among `entries`.

    What is wrong with a single file, found here or before, stands in the collection's `faults`, all
    of them together; two names that become one are `duplicate_path`.

    Raises:
        SourceError: for a collection beyond its bounds: `too_many_files` or `total_too_large`.
    """
    reading = _Reading()
    for entry in entries:
        try:
            if isinstance(entry, SourceError):
                raise entry
            reading.take(entry)
        except SourceError as error:
            if not error.path:
                raise
            reading.faults.append(error)
    return reading.collection()


class _Reading:
    """A collection while it is being read."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile] = {}
        self._navigation = Navigation()
        self._ignored = self._total = 0
        self.faults: list[SourceError] = []

    def take(self, entry: Entry) -> None:
        path = normalise_path(entry.name)
        wanted = is_markdown(path) or is_configuration(path)
        if is_excluded(path) or not wanted:
            self._ignored += 1
            return
        data = entry.read()
        self._total += len(data)
        if self._total > MAX_TOTAL_BYTES:
            raise total_too_large()
        if is_configuration(path):
            self._navigation |= read_navigation(path, decode(path, data))
            self._ignored += 1
        else:
            self._keep(path, data)

    def _keep(self, path: str, data: bytes) -> None:
        if path in self._files:
            raise SourceError(path, "duplicate_path", "The collection holds this name twice.")
        if len(self._files) >= MAX_FILES:
            raise too_many_files()
        self._files[path] = read_source(path, data)

    def collection(self) -> Collection:
        return Collection(
            files=tuple(self._files[path] for path in sorted(self._files)),
            navigation=self._navigation,
            ignored=self._ignored,
            faults=tuple(self.faults),
        )


def too_many_files() -> SourceError:
    """The refusal of a collection with more files than one import may hold."""
    return SourceError("", "too_many_files", f"The collection holds more than {MAX_FILES} files.")


def total_too_large() -> SourceError:
    """The refusal of a collection larger than one import may hold."""
    limit = MAX_TOTAL_BYTES // MEBIBYTE
    return SourceError("", "total_too_large", f"The collection exceeds {limit} MB uncompressed.")
