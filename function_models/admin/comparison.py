"""What differs between two versions: as a picture, and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.admin.display import NOTHING, admin_address
from config.exceptions import DomainError
from function_models.models import FunctionModel
from function_models.services.pictures import DRAFT, ComparedStates, draw_states

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class ChangedNode:
    """A node that came, went, moved or says something else now: (key, before, after) each."""

    change: str
    name: str
    kind: str
    values: Sequence[tuple[str, str, str]] = ()


def compare(request: HttpRequest, model: FunctionModel) -> HttpResponse:
    """Show `?from=` beside `?to=`; by default the live version and the working copy."""
    if not request.user.has_perm("function_models.view_functionmodel"):
        raise PermissionDenied
    numbers = list(model.versions.values_list("version", flat=True))
    old = request.GET.get("from") or (numbers[0] if numbers else DRAFT)
    new = request.GET.get("to") or DRAFT
    try:
        found = draw_states(model=model, old=old, new=new, headed=False)
    except DomainError as error:
        raise Http404(error.detail) from error
    told = found.comparison.as_dict()
    context = {
        **admin.site.each_context(request),
        "title": f"Compare versions of “{model.name}”",
        "back": admin_address(FunctionModel, model.pk),
        "choices": [DRAFT, *numbers],
        "old": old,
        "new": new,
        "picture": found.picture,
        "summary": told["summary"],
        "breaking": told["breaking"],
        "fields": [*_values(found.comparison.fields), *_values(found.comparison.metadata)],
        "nodes": list(_nodes(found)),
        "edges": told["edges"],
    }
    return TemplateResponse(request, "admin/function_models/compare.html", context)


def _nodes(found: ComparedStates) -> Iterator[ChangedNode]:
    sections = (("container", found.comparison.containers), ("action", found.comparison.actions))
    for kind, part in sections:
        for known in part.added:
            yield ChangedNode("added", found.names[known], kind)
        for known in part.removed:
            yield ChangedNode("removed", found.names[known], kind)
        for one in part.modified:
            values = _values(one["changes"])
            yield ChangedNode("modified", found.names[one["id"]], kind, values)
    for known in found.comparison.moved:
        yield ChangedNode("moved", found.names[known], "position only")


def _values(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name.replace("_", " "), _shown(change["old"]), _shown(change["new"]))
        for name, change in changes.items()
    ]


def _shown(value: Any) -> str:
    if value in (None, "", {}, []):
        return NOTHING
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
