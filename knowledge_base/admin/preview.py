"""Markdown in, the HTML that readers will see out."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse

from config.admin.display import admin_address
from knowledge_base.markdown.document import parse
from knowledge_base.markdown.links import Link
from knowledge_base.markdown.rendering import render
from knowledge_base.models import MAX_CONTENT_BYTES, Sop
from knowledge_base.services.references import find_targets


def preview(request: HttpRequest) -> JsonResponse:
    """Render `content` as the text of the SOP `sop` (its id, empty for a new one)."""
    if request.method != "POST":
        return JsonResponse({"detail": "POST the text."}, status=405, headers={"Allow": "POST"})
    content = request.POST.get("content", "")
    if len(content.encode()) > MAX_CONTENT_BYTES:
        return JsonResponse({"detail": "The text is too long."}, status=413)
    document = parse(content)
    targets = _targets(request.POST.get("sop", ""), document.links)
    html = render(content, resolve=lambda link: targets.get(link.target))
    return JsonResponse(
        {
            "html": html,
            "words": document.words,
            "read_time": document.read_time,
            "references": len(document.links),
            "dangling": sum(link.target not in targets for link in document.links),
        }
    )


def _targets(sop_id: str, links: Sequence[Link]) -> dict[str, str | None]:
    try:
        sop = Sop.all_objects.only("organization_id", "source_path").get(pk=sop_id)
    except (Sop.DoesNotExist, ValidationError):
        return {}
    found = find_targets(sop=sop, links=links)
    return {target: admin_address(Sop, pk) for target, pk in found.items()}
