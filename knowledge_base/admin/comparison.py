"""What differs between two versions, in colour."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.admin.display import NOTHING, admin_address
from config.exceptions import DomainError
from knowledge_base.comparison import compare_contents
from knowledge_base.models import Sop, SopVersion
from node_links.services.versions import get_snapshot, snapshot_content

WORKING_COPY = "working-copy"
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: `kind` is `same`, `added`, `removed` or `skip`; numbers where it stands."""

    kind: str
    text: str
    old: int | None = None
    new: int | None = None


def compare(request: HttpRequest, sop: Sop) -> HttpResponse:
    """Show `?from=` beside `?to=`; by default the live version and the working copy."""
    if not request.user.has_perm("knowledge_base.view_sop"):
        raise PermissionDenied
    numbers = list(sop.versions.values_list("version", flat=True))
    old = request.GET.get("from") or (numbers[0] if numbers else WORKING_COPY)
    new = request.GET.get("to") or WORKING_COPY
    found = compare_contents(_content(sop, old), _content(sop, new), names=(old, new))
    context = {
        **admin.site.each_context(request),
        "title": f"Compare versions of “{sop.title}”",
        "sop": sop,
        "back": admin_address(Sop, sop.pk),
        "choices": [WORKING_COPY, *numbers],
        "old": old,
        "new": new,
        "added": found["added_lines"],
        "removed": found["removed_lines"],
        "fields": _fields(found["fields"]),
        "lines": list(read_diff(found["text_diff"])),
    }
    return TemplateResponse(request, "admin/knowledge_base/sop/compare.html", context)


def read_diff(text: str) -> Iterator[Line]:
    """Yield the lines of a unified diff with their numbers on either side."""
    old = new = 0
    for raw in text.split("\n")[2:]:
        if hunk := _HUNK.match(raw):
            old, new = int(hunk[1]), int(hunk[2])
            yield Line("skip", raw)
        elif raw.startswith("+"):
            yield Line("added", raw[1:], None, new)
            new += 1
        elif raw.startswith("-"):
            yield Line("removed", raw[1:], old, None)
            old += 1
        else:
            yield Line("same", raw[1:], old, new)
            old, new = old + 1, new + 1


def _content(sop: Sop, version: str) -> dict[str, Any]:
    if version == WORKING_COPY:
        return snapshot_content(sop)
    try:
        content: dict[str, Any] = get_snapshot(SopVersion, entity=sop, version=version).content
    except DomainError as error:
        raise Http404(error.detail) from error
    return content


def _fields(changes: dict[str, dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (name.replace("_", " "), _shown(change["old"]), _shown(change["new"]))
        for name, change in changes.items()
    ]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or NOTHING
    return NOTHING if value in (None, "", {}) else str(value)
