"""Which values an expression names: paths such as `steps.a.output.rows`."""

import re
from collections.abc import Iterator
from typing import Any

from spindles.expressions.tokens import Path as Path
from spindles.expressions.tokens import paths_read

ROOTS = ("inputs", "steps", "execution", "trigger", "context", "item", "index")

# `$${{` writes the characters themselves.
TEMPLATE = re.compile(r"(?<!\$)\$\{\{\s*(?P<path>.*?)\s*\}\}", re.S)
_PART = re.compile(r"""\.([A-Za-z_][\w-]*|\d+)|\[\s*(?:"([^"]*)"|'([^']*)'|(\d+))\s*\]""")


def split_path(text: str) -> Path:
    """Return the parts of `root.part["part"].0`. Raises `ValueError` for anything else."""
    root = re.match(r"[A-Za-z_]\w*", text)
    if root is None:
        raise ValueError(f"{text!r} is no path.")
    parts, position = [root.group()], root.end()
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise ValueError(f"{text!r} is no path.")
        parts.append(next(group for group in part.groups() if group is not None))
        position = part.end()
    return tuple(parts)


def template_paths(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (pointer, text) of each template in any string inside `value`.

    The pointer (RFC 6901) leads to the string; the text is what stands between the braces.
    """
    yield from _templates(value, "")


def condition_paths(condition: str) -> list[Path]:
    """Return the paths that a CEL condition names; what stands in quotes names nothing.

    A path ends before a call and before an index that is not written out.
    """
    return [path for path in paths_read(unwrap(condition), ROOTS) if len(path) > 1]


def unwrap(condition: str) -> str:
    """Return the condition without `${{ }}` around the whole of it."""
    whole = TEMPLATE.fullmatch(condition.strip())
    return whole.group("path") if whole else condition


def _templates(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        for template in TEMPLATE.finditer(value):
            yield pointer, template.group("path")
    elif isinstance(value, dict):
        for key, member in value.items():
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from _templates(member, f"{pointer}/{escaped}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _templates(member, f"{pointer}/{index}")
