"""What differs between two versions of an SOP."""

import difflib
from collections.abc import Sequence
from typing import Any


def compare_contents(
    old: dict[str, Any], new: dict[str, Any], *, names: Sequence[str]
) -> dict[str, Any]:
    """Return `fields` ({name: {old, new}} without the text), `text_diff` and its line counts.

    `old` and `new` are snapshots' contents, `names` the two names shown in the diff's head.
    """
    diff = list(
        difflib.unified_diff(
            str(old.get("content", "")).splitlines(),
            str(new.get("content", "")).splitlines(),
            fromfile=names[0],
            tofile=names[1],
            lineterm="",
        )
    )
    body = diff[2:]
    return {
        "fields": {
            name: {"old": old.get(name), "new": new.get(name)}
            for name in sorted({*old, *new} - {"content"})
            if old.get(name) != new.get(name)
        },
        "text_diff": "\n".join(diff),
        "added_lines": sum(line.startswith("+") for line in body),
        "removed_lines": sum(line.startswith("-") for line in body),
    }
