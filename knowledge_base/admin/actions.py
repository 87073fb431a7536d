"""What operators do with SOPs: to one in a dialogue, to many from the list."""

import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.operators import Write, operator_of, write_each
from config.admin.acting import chosen_values
from config.admin.base import explain
from config.admin.display import admin_address, admin_link
from config.admin.theme import BaseDialogForm, action
from config.exceptions import DomainError
from knowledge_base.admin.forms import RemovalForm
from knowledge_base.models import Sop
from knowledge_base.sagas import start_archiving, start_deleting
from knowledge_base.services import sops as services
from knowledge_base.services.exporting import export_archive
from node_links.admin.dialogues import (
    BumpForm,
    PublishForm,
    archiving,
    deleting,
    opening,
    publishing,
    restoring,
)
from node_links.admin.entity_pages import EntityAdmin
from node_links.models import NodeMetadata, Saga
from node_links.search.text import mark_dirty


class SopActions(EntityAdmin):
    """Actions of the SOP pages; every one goes through the services, row by row."""

    actions = ("publish_selected", "archive_selected", "delete_selected_softly",
               "restore_selected", "embed_again", "export_markdown")  # fmt: skip
    actions_detail = (
        "publish",
        "open_draft",
        "restore",
        "neighbourhood",
        {
            "title": "More",
            "icon": "more_horiz",
            "items": ["compare_versions", "archive", "delete_softly"],
        },
    )

    @action(description="Publish", permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Sop]) -> None:
        """Publish each open draft."""
        _each(request, queryset, "Published", lambda a, pk: services.publish_sop(actor=a, pk=pk))

    @action(description="Archive", permissions=["change"])
    def archive_selected(self, request: HttpRequest, queryset: QuerySet[Sop]) -> None:
        """Archive each for good."""
        _each(request, queryset, "Archived", lambda a, pk: services.archive_sop(actor=a, pk=pk))

    @action(description="Delete (can be restored)", permissions=["change"])
    def delete_selected_softly(self, request: HttpRequest, queryset: QuerySet[Sop]) -> None:
        """Hide each, keeping everything."""
        _each(request, queryset, "Deleted", lambda a, pk: services.delete_sop(actor=a, pk=pk))

    @action(description="Restore", permissions=["change"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Sop]) -> None:
        """Bring back each deleted one."""
        _each(request, queryset, "Restored", lambda a, pk: services.restore_sop(actor=a, pk=pk))

    @action(description="Embed again", permissions=["change"])
    def embed_again(self, request: HttpRequest, queryset: QuerySet[Sop]) -> None:
        """Queue the nodes of each for embedding."""
        nodes = NodeMetadata.objects.filter(
            feature_type=Sop.feature_type,
            entity_id__in=list(queryset.values_list("pk", flat=True)),
            deleted_at=None,
        )
        waiting = list(nodes.only("pk", "organization_id"))
        mark_dirty(waiting)
        messages.success(request, f"Waiting to be embedded: {len(waiting)}.")

    @action(description="Export as Markdown (zip)", permissions=["view"])
    def export_markdown(self, request: HttpRequest, queryset: QuerySet[Sop]) -> HttpResponse:
        """Send each as a file that imports again as the same SOP."""
        buffer = io.BytesIO()
        rows = queryset.select_related("organization").order_by("organization", "created_at", "id")
        export_archive(sops=rows, file=buffer)
        name = f"sops-{timezone.now():%Y%m%d-%H%M}.zip"
        return HttpResponse(
            buffer.getvalue(),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @publishing("Freezes the text under its number; readers and runs rely on it.")
    def publish(self, request: HttpRequest, form: PublishForm, object_id: str) -> HttpResponse:
        """Publish the open draft."""
        return self.write_values(request, object_id, "Published.", form, services.publish_sop)

    @opening()
    def open_draft(self, request: HttpRequest, form: BumpForm, object_id: str) -> HttpResponse:
        """Open the next draft of what is published."""
        done = "A new draft is open."
        return self.write_values(request, object_id, done, form, services.open_sop_version)

    @archiving("SOP", "its text stays readable and can no longer be changed.", RemovalForm)
    def archive(self, request: HttpRequest, form: RemovalForm, object_id: str) -> HttpResponse:
        """Archive for good."""
        if form.cleaned_data.pop("cleanup_links"):
            return _with_links(request, object_id, start_archiving, **chosen_values(form))
        return self.write_values(request, object_id, "Archived.", form, services.archive_sop)

    @deleting("SOP", "it can be restored.", RemovalForm)
    def delete_softly(
        self, request: HttpRequest, form: RemovalForm, object_id: str
    ) -> HttpResponse:
        """Hide it, keeping everything."""
        if form.cleaned_data.pop("cleanup_links"):
            return _with_links(request, object_id, start_deleting, **chosen_values(form))
        done = "Deleted. It can be restored from here."
        return self.write_values(request, object_id, done, form, services.delete_sop)

    @restoring("SOP")
    def restore(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Undo the deletion."""
        return self.write_values(request, object_id, "Restored.", form, services.restore_sop)


def _each(request: HttpRequest, chosen: QuerySet[Sop], done: str, write: Write) -> None:
    write_each(request, chosen.only("pk", "organization_id", "title"), done, write)


def _with_links(
    request: HttpRequest, object_id: str, start: Callable[..., Saga], **values: Any
) -> HttpResponse:
    """Leave a saga to a worker: it needs transactions of its own, and the page is one already."""
    sop = Sop.all_objects.get(pk=object_id)
    actor = operator_of(request, sop.organization_id)
    try:
        with transaction.atomic():
            saga = start(actor=actor, sop=sop, enqueue=True, **values)
        page = admin_link(Saga, saga.pk, "how far it is")
        messages.success(request, format_html("Begun, links first or not at all: {}.", page))
    except DomainError as error:
        for _, message in explain(error):
            messages.error(request, message)
    return HttpResponse(headers={"HX-Redirect": str(admin_address(Sop, sop.pk))})
