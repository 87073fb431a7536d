"""Importing a zip of Markdown: a report of what would happen first, then the import."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.operators import operator_of
from accounts.models import Organization
from config.exceptions import DomainError
from knowledge_base.admin.forms import ImportForm
from knowledge_base.services.importing import import_archive

_ITEMS_SHOWN = 500


def import_page(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST answers with the report, with `import` in it after importing."""
    if not request.user.has_perm("knowledge_base.add_sop"):
        raise PermissionDenied
    posted = request.method == "POST"
    first = Organization.objects.first()
    form = (
        ImportForm(request.POST, request.FILES)
        if posted
        else ImportForm(initial={"organization": first})
    )
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Import SOPs",
        "form": form,
    }
    if posted and form.is_valid():
        context |= _run(request, form.cleaned_data, dry_run="import" not in request.POST)
    return TemplateResponse(request, "admin/knowledge_base/sop/import.html", context)


def _run(request: HttpRequest, asked: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    try:
        with transaction.atomic():
            report = import_archive(
                actor=operator_of(request, asked["organization"].pk),
                file=asked["file"],
                dry_run=dry_run,
                publish=asked["publish"],
            )
    except DomainError as error:
        faults = [
            (one.pointer.removeprefix("/file/").replace("~1", "/").replace("~0", "~"), one.message)
            for one in error.errors
        ]
        return {"problem": error.detail, "faults": faults}
    return {"report": report, "items": report.items[:_ITEMS_SHOWN]}
