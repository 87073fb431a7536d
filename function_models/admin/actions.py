"""What operators do with models: to one in a dialogue, to many from the list."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.operators import operator_of, write_each
from config.admin.display import admin_link
from config.admin.theme import action
from function_models.admin import impact
from function_models.admin.forms import (
    ArchiveForm,
    DeleteForm,
    DuplicateForm,
    PublishModelForm,
    RestoreForm,
)
from function_models.models import FunctionModel
from function_models.services.archiving import archive_model
from function_models.services.deleting import delete_model, restore_model
from function_models.services.models import duplicate_model
from function_models.services.publishing import open_model_version, publish_model
from node_links.admin.dialogues import (
    BumpForm,
    archiving,
    deleting,
    dialogue,
    opening,
    publishing,
    restoring,
)
from node_links.admin.entity_pages import EntityAdmin

MOST_ARCHIVED = 50
"""The impact of each is shown, so that nobody archives more than can be read."""


class FunctionModelActions(EntityAdmin):
    """Actions of the pages of models; every one goes through the services, row by row."""

    actions = ("publish_selected", "archive_selected", "restore_selected")
    actions_detail = (
        "publish",
        "open_draft",
        "restore",
        "neighbourhood",
        {
            "title": "More",
            "icon": "more_horiz",
            "items": ["compare_versions", "duplicate", "archive", "delete_softly"],
        },
    )

    @action(description="Publish", permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[FunctionModel]) -> None:
        """Publish each open draft."""
        write_each(request, queryset, "Published", lambda a, pk: publish_model(actor=a, pk=pk))

    @action(description="Restore", permissions=["change"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[FunctionModel]) -> None:
        """Bring back each deleted one."""
        write_each(request, queryset, "Restored", lambda a, pk: restore_model(actor=a, pk=pk))

    @action(description="Archive …", permissions=["change"])
    def archive_selected(
        self, request: HttpRequest, queryset: QuerySet[FunctionModel]
    ) -> HttpResponse | None:
        """Archive each for good, once what that does has been shown and confirmed."""
        if queryset.count() > MOST_ARCHIVED:
            messages.error(request, f"Choose at most {MOST_ARCHIVED} at a time.")
            return None
        if "confirmed" in request.POST:
            reason = request.POST.get("reason", "")
            enforced = "enforce" in request.POST
            write_each(
                request,
                queryset,
                "Archived",
                lambda a, pk: archive_model(
                    actor=a, pk=pk, reason=reason, enforce_risk_assessment=enforced
                ),
            )
            return None
        rows = [
            (model, impact.of_archiving(operator_of(request, model.organization_id), model))
            for model in queryset.defer(None).filter(deleted_at=None).exclude(status="archived")
        ]
        context = {**admin.site.each_context(request), "title": "Archive models", "rows": rows}
        return TemplateResponse(request, "admin/function_models/archive.html", context)

    @publishing(
        "Freezes the drawing under its number; runs follow it from then on.", PublishModelForm
    )
    def publish(self, request: HttpRequest, form: PublishModelForm, object_id: str) -> HttpResponse:
        """Publish the open draft."""
        return self.write_values(request, object_id, "Published.", form, publish_model)

    @opening()
    def open_draft(self, request: HttpRequest, form: BumpForm, object_id: str) -> HttpResponse:
        """Open the next draft of what is published."""
        done = "A new draft is open."
        return self.write_values(request, object_id, done, form, open_model_version)

    @dialogue(
        "Duplicate",
        icon="content_copy",
        permission="copy_it",
        title="Duplicate this model",
        told="A new draft 1.0.0 with the same drawing; versions and links made by hand stay with "
        "this one.",
        form_class=DuplicateForm,
    )
    def duplicate(self, request: HttpRequest, form: DuplicateForm, object_id: str) -> HttpResponse:
        """Make a copy of the working copy."""

        def write(**values: Any) -> None:
            copy = duplicate_model(**values)
            messages.info(request, admin_link(FunctionModel, copy.pk, f"Open {copy.name}"))

        return self.write_values(request, object_id, "Duplicated.", form, write)

    @archiving("model", "it stays readable, and can no longer be changed or run.", ArchiveForm)
    def archive(self, request: HttpRequest, form: ArchiveForm, object_id: str) -> HttpResponse:
        """Archive for good."""

        def write(**values: Any) -> None:
            done = archive_model(**values)
            if done.links_removed is None:
                messages.warning(request, "Its links could not be removed.")
            elif done.links_removed:
                messages.info(request, f"Links removed: {done.links_removed}.")

        return self.write_values(request, object_id, "Archived.", form, write)

    @deleting("model", "it can be restored for a while.", DeleteForm)
    def delete_softly(self, request: HttpRequest, form: DeleteForm, object_id: str) -> HttpResponse:
        """Hide it, keeping everything."""
        done = "Deleted. It can be restored from here."
        return self.write_values(request, object_id, done, form, delete_model)

    @restoring("model", RestoreForm)
    def restore(self, request: HttpRequest, form: RestoreForm, object_id: str) -> HttpResponse:
        """Undo the deletion."""
        return self.write_values(request, object_id, "Restored.", form, restore_model)
