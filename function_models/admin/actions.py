"""What operators do with models: to one in a dialogue, to many from the list."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.enums import ActionVariant

from accounts.actors import Actor
from accounts.admin.operators import operator_of, write_each
from config.admin.acting import chosen_values
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
from node_links.admin.entity_pages import EntityAdmin
from node_links.admin.life_cycle import BumpForm
from node_links.choices import Bump

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

    @action(
        description="Publish",
        icon="task_alt",
        permissions=["publish_it"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Publish the draft",
            "description": "Freezes the drawing under its number; runs follow it from then on.",
            "form_class": PublishModelForm,
            "form_submit_text": "Publish",
        },
    )
    def publish(self, request: HttpRequest, form: PublishModelForm, object_id: str) -> HttpResponse:
        """Publish the open draft."""
        notes = form.cleaned_data["notes"]
        return self.write_one(
            request,
            object_id,
            "Published.",
            lambda a, pk: publish_model(actor=a, pk=pk, notes=notes),
        )

    @action(
        description="Open draft",
        icon="edit_note",
        permissions=["open_it"],
        dialog={
            "title": "Open the next draft",
            "description": "The published version stays live until the draft is published.",
            "form_class": BumpForm,
            "form_submit_text": "Open",
        },
    )
    def open_draft(self, request: HttpRequest, form: BumpForm, object_id: str) -> HttpResponse:
        """Open the next draft of what is published."""
        bump = Bump(form.cleaned_data["bump"])
        return self.write_one(
            request,
            object_id,
            "A new draft is open.",
            lambda a, pk: open_model_version(actor=a, pk=pk, bump=bump),
        )

    @action(
        description="Duplicate",
        icon="content_copy",
        permissions=["copy_it"],
        dialog={
            "title": "Duplicate this model",
            "description": "A new draft 1.0.0 with the same drawing; versions and links made by "
            "hand stay with this one.",
            "form_class": DuplicateForm,
            "form_submit_text": "Duplicate",
        },
    )
    def duplicate(self, request: HttpRequest, form: DuplicateForm, object_id: str) -> HttpResponse:
        """Make a copy of the working copy."""
        name = form.cleaned_data["name"]

        def write(actor: Actor, pk: UUID) -> None:
            copy = duplicate_model(actor=actor, pk=pk, name=name)
            messages.info(request, admin_link(FunctionModel, copy.pk, f"Open {copy.name}"))

        return self.write_one(request, object_id, "Duplicated.", write)

    @action(
        description="Archive",
        icon="inventory_2",
        permissions=["archive_it"],
        dialog={
            "title": "Archive this model",
            "description": "For good: it stays readable, and can no longer be changed or run.",
            "form_class": ArchiveForm,
            "form_submit_text": "Archive",
        },
    )
    def archive(self, request: HttpRequest, form: ArchiveForm, object_id: str) -> HttpResponse:
        """Archive for good."""
        values = chosen_values(form)

        def write(actor: Actor, pk: UUID) -> None:
            done = archive_model(actor=actor, pk=pk, **values)
            if done.links_removed is None:
                messages.warning(request, "Its links could not be removed.")
            elif done.links_removed:
                messages.info(request, f"Links removed: {done.links_removed}.")

        return self.write_one(request, object_id, "Archived.", write)

    @action(
        description="Delete",
        icon="delete",
        permissions=["delete_it"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Delete this model",
            "description": "It is hidden and everything is kept; it can be restored for a while.",
            "form_class": DeleteForm,
            "form_submit_text": "Delete",
        },
    )
    def delete_softly(self, request: HttpRequest, form: DeleteForm, object_id: str) -> HttpResponse:
        """Hide it, keeping everything."""
        values = chosen_values(form)
        return self.write_one(
            request,
            object_id,
            "Deleted. It can be restored from here.",
            lambda a, pk: delete_model(actor=a, pk=pk, **values),
        )

    @action(
        description="Restore",
        icon="restore_from_trash",
        permissions=["restore_it"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Restore this model",
            "description": "Brings it back exactly as it was.",
            "form_class": RestoreForm,
            "form_submit_text": "Restore",
        },
    )
    def restore(self, request: HttpRequest, form: RestoreForm, object_id: str) -> HttpResponse:
        """Undo the deletion."""
        name = form.cleaned_data["name"] or None
        return self.write_one(
            request, object_id, "Restored.", lambda a, pk: restore_model(actor=a, pk=pk, name=name)
        )
