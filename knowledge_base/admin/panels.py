"""What stands around an SOP's text: references, backlinks, versions, events."""

from django.utils.safestring import SafeString

from config.admin.display import panel
from knowledge_base.models import Sop, SopReference

_ROWS_SHOWN = 200


def facts_panel(sop: Sop) -> SafeString:
    """Return status, version and dates in one line."""
    return panel("admin/knowledge_base/sop/facts.html", sop=sop)


def references_panel(sop: Sop) -> SafeString:
    """Return what the text refers to; what dangles is red."""
    rows = sop.references.select_related("target").defer(
        "target__content", "target__vector_embedding"
    )
    found = list(rows.order_by("position")[:_ROWS_SHOWN])
    dangling = sum(row.target_id is None for row in found)
    return panel("admin/knowledge_base/sop/references.html", rows=found, dangling=dangling)


def backlinks_panel(sop: Sop) -> SafeString:
    """Return where other SOPs refer to this one."""
    rows = (
        SopReference.objects.filter(target=sop, sop__deleted_at=None)
        .between_different()
        .select_related("sop")
        .defer("sop__content", "sop__vector_embedding")
        .order_by("sop__title", "position")
    )
    return panel("admin/knowledge_base/sop/backlinks.html", rows=rows[:_ROWS_SHOWN])


def versions_panel(sop: Sop) -> SafeString:
    """Return the published versions, each with the way to what changed since."""
    rows = list(sop.versions.select_related("author").defer("content"))
    older = [*(row.version for row in rows[1:]), ""][: len(rows)]
    return panel(
        "admin/knowledge_base/sop/versions.html", sop=sop, rows=list(zip(rows, older, strict=True))
    )
