"""Front matter: the YAML mapping between two `---` lines at the top of a file.

`split` and `join` are inverse to each other: `split(join(metadata, body)) == (metadata, body)` for
every JSON-like mapping and every text, also one that itself begins with `---`.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import MAX_FRONT_MATTER_BYTES
from knowledge_base.sources.yaml_reading import PlainLoader, plain_data

_OPENING = re.compile(r"---[ \t]*\r?\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_PLAIN_SCALAR = re.compile(r"[\w /.,;()+-]*")


def split(text: str, path: str = "") -> tuple[dict[str, Any], str]:
    """The metadata and the body of `text`; `path` is the name that an error carries.

    A text without an opening or a closing line has no metadata and is all body.

    Raises:
        SourceError: `invalid_front_matter` when it is too large, no YAML, no mapping, or holds
        aliases,
            NaN, infinity or values that JSON does not know.
    """
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return {}, text
    return _load(text[opening.end() : closing.start()], path), text[closing.end() :]


def _load(header: str, path: str) -> dict[str, Any]:
    if len(header.encode(errors="surrogatepass")) > MAX_FRONT_MATTER_BYTES:
        raise _invalid(path, f"larger than {MAX_FRONT_MATTER_BYTES} bytes")
    try:
        loaded = yaml.load(header, Loader=PlainLoader)  # noqa: S506 - PlainLoader is a SafeLoader
        metadata = plain_data(loaded if loaded is not None else {})
    except (yaml.YAMLError, ValueError, LookupError) as error:  # explicit tags fail in all three
        raise _invalid(path, _first_line(error)) from error
    if not isinstance(metadata, dict):
        raise _invalid(path, "not a mapping of keys to values")
    return metadata


def _invalid(path: str, reason: str) -> SourceError:
    return SourceError(path, "invalid_front_matter", f"The front matter is {reason}.")


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"invalid: {problem}" + (f" (line {mark.line + 2})" if mark else "")


class _Dumper(yaml.SafeDumper):
    """Block style, keys in the order given, every unusual text in double quotes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = _PLAIN_SCALAR.fullmatch(value) and value.isascii()
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)


def join(metadata: Mapping[str, Any], body: str, path: str = "") -> str:
    """The text of a file with `metadata` in front of `body`; without metadata, `body` where
    possible. `path` is the name that an error carries.

    Raises:
        SourceError: `invalid_front_matter` when the metadata is not JSON-like or too large to be
        read back.
    """
    if not metadata and not _OPENING.match(body) and not body.startswith("\ufeff"):
        return body
    try:
        plain = plain_data(dict(metadata))
    except ValueError as error:
        raise _invalid(path, f"invalid: {error}") from error
    header = (
        yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)
        if plain
        else ""
    )
    if len(header.encode()) > MAX_FRONT_MATTER_BYTES:
        raise _invalid(path, f"larger than {MAX_FRONT_MATTER_BYTES} bytes")
    return f"---\n{header}---\n{body}"
