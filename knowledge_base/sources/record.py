"""A source file as the fields of an SOP, and back.

Front matter wins over what can be derived: the title from the navigation, the first heading or the
file's name; the summary from `description` or the first paragraph; the category from the top
folder. Keys that no field knows are kept in `metadata` and written back.

Export writes the title always, and of the other fields those that would not be derived again, so
that `to_record(read(from_record(record))) == record`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from knowledge_base.markdown.document import MAX_SUMMARY_LENGTH, Document, parse
from knowledge_base.sources import frontmatter
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.fields import FieldReader
from knowledge_base.sources.files import SourceFile, too_large
from knowledge_base.sources.limits import MAX_CONTENT_BYTES
from knowledge_base.sources.navigation import Navigation
from knowledge_base.sources.titles import MAX_TITLE_LENGTH, choose_title, fit, readable_name

CONTENT_TYPES = ("procedure", "guideline", "template", "reference")
COMPLEXITIES = ("", "simple", "moderate", "complex")
MAX_CATEGORY_LENGTH = 100
MAX_AUTHOR_LENGTH = 255
MAX_AUDIENCE_LENGTH = 2000
MAX_ALIAS_LENGTH = 255

_FOREIGN_NAMES = {"summary": "description", "search_keywords": "keywords"}
"""Keys of other tools that are read for a field where the field's own key is missing."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What an import knows of one SOP; empty text and empty tuples mean "not given".

    `content` is the Markdown without its front matter, as written. `metadata` is JSON-like.
    `nodeloom_id` is the id of an SOP that was written on the platform: without a path of its own,
    it is by this that a file finds the SOP it was exported from. `review_due_on` is a date in
    ISO 8601.
    """

    source_path: str
    title: str
    content: str
    summary: str = ""
    category: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    search_keywords: tuple[str, ...] = ()
    content_type: str = CONTENT_TYPES[0]
    complexity: str = ""
    audience: str = ""
    searchable: bool = True
    review_due_on: str = ""
    nodeloom_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def to_record(source: SourceFile, navigation: Navigation | None = None) -> SourceRecord:
    """The record of a file.

    Raises:
        SourceError: `invalid_front_matter`, `invalid_field` (a known key of a wrong type or
            length), `blank_content` or `too_large`.
    """
    navigation = navigation or Navigation()
    metadata, content = frontmatter.split(source.text, source.path)
    if not content.strip():
        raise SourceError(source.path, "blank_content", "The file has no content.")
    if len(content.encode()) > MAX_CONTENT_BYTES:
        raise too_large(source.path)
    read, document = FieldReader(source.path, metadata), parse(content)
    return SourceRecord(
        source_path=source.path,
        title=_title(source.path, document, read, navigation),
        content=content,
        summary=_summary(document, read),
        category=_category(source.path, read, navigation),
        author=read.text("author", limit=MAX_AUTHOR_LENGTH) or "",
        tags=read.words("tags"),
        aliases=read.words("aliases", limit=MAX_ALIAS_LENGTH),
        search_keywords=read.words("search_keywords", "keywords", lower=True),
        content_type=read.choice("content_type", CONTENT_TYPES, CONTENT_TYPES[0]),
        complexity=read.choice("complexity", COMPLEXITIES, ""),
        audience=read.text("audience", limit=MAX_AUDIENCE_LENGTH) or "",
        searchable=read.flag("searchable", default=True),
        review_due_on=read.day("review_due_on"),
        nodeloom_id=read.identifier("nodeloom_id"),
        metadata=read.rest(_METADATA),
    )


def from_record(record: SourceRecord) -> str:
    """The text of the file that reads back as `record` under its `source_path`.

    Raises:
        SourceError: as `to_record`, for a record that could not be read back.
    """
    derived = to_record(_source(record, {"title": record.title}))
    header: dict[str, Any] = {"title": record.title}
    for name in _FIELDS:
        value = getattr(record, name)
        if value != getattr(derived, name) or _FOREIGN_NAMES.get(name) in record.metadata:
            header[name] = list(value) if isinstance(value, tuple) else value
    # Metadata whose keys would be read as fields go under a key of their own.
    nested = not _RESERVED.isdisjoint(record.metadata)
    metadata = {_METADATA: dict(record.metadata)} if nested else record.metadata
    return _source(record, {**header, **metadata}).text


_METADATA = "metadata"
_FIELDS = tuple(
    item.name
    for item in fields(SourceRecord)
    if item.name not in {"source_path", "title", "content", "metadata"}
)
_RESERVED = frozenset({*_FIELDS, "title", _METADATA})


def _source(record: SourceRecord, metadata: Mapping[str, Any]) -> SourceFile:
    text = frontmatter.join(metadata, record.content, record.source_path)
    return SourceFile(record.source_path, text, hashlib.sha256(text.encode()).hexdigest())


def _title(path: str, document: Document, read: FieldReader, navigation: Navigation) -> str:
    if stated := read.text("title", limit=MAX_TITLE_LENGTH):
        return stated
    return choose_title(path, navigation.titles.get(path, ""), document.first_title)


def _summary(document: Document, read: FieldReader) -> str:
    stated = read.text("summary", "description", limit=MAX_SUMMARY_LENGTH)
    return document.first_paragraph if stated is None else stated


def _category(path: str, read: FieldReader, navigation: Navigation) -> str:
    stated = read.text("category", limit=MAX_CATEGORY_LENGTH)
    if stated is not None:
        return stated
    for root in navigation.roots:
        path = path.removeprefix(f"{root}/")
    folder, separator, _ = path.partition("/")
    return fit(readable_name(folder), MAX_CATEGORY_LENGTH) if separator else ""
