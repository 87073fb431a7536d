"""What operators do with spindles: to one in a dialogue, to many from the list."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.enums import ActionVariant

from accounts.admin.operators import operator_of, write_each
from config.admin.base import explain
from config.admin.display import admin_address
from config.admin.theme import BaseDialogForm, action
from config.exceptions import DomainError
from node_links.admin.dialogues import (
    BumpForm,
    PublishForm,
    ReasonForm,
    archiving,
    deleting,
    dialogue,
    opening,
    publishing,
    restoring,
)
from node_links.admin.entity_pages import EntityAdmin
from node_links.models import NodeEntity
from spindles.admin.run_now import RunDraftForm, RunForm
from spindles.admin.spindle_forms import spindle_row
from spindles.choices import SpindleStatus
from spindles.models import Execution, Spindle
from spindles.services.life_cycle import (
    activate_spindle,
    archive_spindle,
    deactivate_spindle,
    delete_spindle,
    deprecate_spindle,
    restore_spindle,
)
from spindles.services.publishing import open_spindle_version, publish_spindle
from spindles.services.running import RUNNING
from spindles.services.states import MAY_ACTIVATE, MAY_DEACTIVATE, MAY_DEPRECATE, PUBLISHED


class SpindleActions(EntityAdmin):
    """Actions of the pages of spindles; every one goes through the services, row by row."""

    actions = ("activate_selected", "deactivate_selected")
    actions_detail = (
        "run_now",
        "run_draft",
        "publish",
        "open_draft",
        "activate",
        "deactivate",
        "restore",
        "neighbourhood",
        {"title": "More", "icon": "more_horiz", "items": ["deprecate", "archive", "delete_softly"]},
    )

    @action(description="Activate", permissions=["change"])
    def activate_selected(self, request: HttpRequest, queryset: QuerySet[Spindle]) -> None:
        """Let each live version that rests work again."""
        write_each(request, queryset, "Activated", lambda a, pk: activate_spindle(actor=a, pk=pk))

    @action(description="Deactivate", permissions=["change"])
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[Spindle]) -> None:
        """Let each live version rest."""
        write_each(
            request, queryset, "Deactivated", lambda a, pk: deactivate_spindle(actor=a, pk=pk)
        )

    @dialogue(
        "Run now",
        icon="play_arrow",
        permission="run_it",
        title="Run the live version",
        submit="Run",
        form_class=RunForm,
        variant=ActionVariant.PRIMARY,
    )
    def run_now(self, request: HttpRequest, form: RunForm, object_id: str) -> HttpResponse:
        """Start a run of the live version, and go to its page."""
        return self._run(request, form, object_id)

    @dialogue(
        "Try the draft",
        icon="science",
        permission="try_it",
        title="Run the open draft",
        told="In development: no production subscriber hears of it.",
        submit="Run",
        form_class=RunDraftForm,
    )
    def run_draft(self, request: HttpRequest, form: RunDraftForm, object_id: str) -> HttpResponse:
        """Start a run of the draft, and go to its page."""
        return self._run(request, form, object_id)

    @publishing("Freezes the steps under its number; runs follow it from then on.")
    def publish(self, request: HttpRequest, form: PublishForm, object_id: str) -> HttpResponse:
        """Publish the open draft."""
        return self.write_values(request, object_id, "Published.", form, publish_spindle)

    @opening()
    def open_draft(self, request: HttpRequest, form: BumpForm, object_id: str) -> HttpResponse:
        """Open the next draft of what is published."""
        done = "A new draft is open."
        return self.write_values(request, object_id, done, form, open_spindle_version)

    @dialogue(
        "Activate",
        icon="toggle_on",
        permission="activate_it",
        title="Activate the live version",
        told="Its triggers fire and it can be run.",
    )
    def activate(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Let the live version work again."""
        return self.write_values(request, object_id, "Activated.", form, activate_spindle)

    @dialogue(
        "Deactivate",
        icon="toggle_off",
        permission="deactivate_it",
        title="Deactivate the live version",
        told="Its triggers fall silent and no run begins; those at work finish.",
    )
    def deactivate(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Let the live version rest."""
        return self.write_values(request, object_id, "Deactivated.", form, deactivate_spindle)

    @dialogue(
        "Deprecate",
        icon="do_not_disturb_on",
        permission="deprecate_it",
        title="Deprecate the live version",
        told="It never comes back; a new version may be published in its place.",
        form_class=ReasonForm,
    )
    def deprecate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Say that the live version is not to be used any more."""
        return self.write_values(request, object_id, "Deprecated.", form, deprecate_spindle)

    @archiving("spindle", "it stays readable, and can no longer be changed or run.")
    def archive(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Archive for good."""
        return self.write_values(request, object_id, "Archived.", form, archive_spindle)

    @deleting("spindle", "it can be restored for a while.")
    def delete_softly(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Hide it, keeping everything."""
        done = "Deleted. It can be restored from here."
        return self.write_values(request, object_id, done, form, delete_spindle)

    @restoring("spindle")
    def restore(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Undo the deletion."""
        return self.write_values(request, object_id, "Restored.", form, restore_spindle)

    def entity_of_page(self, request: HttpRequest, object_id: str) -> NodeEntity | None:
        """Return the spindle of this page with the state of its live version, too."""
        found = super().entity_of_page(request, object_id)
        if isinstance(found, Spindle) and "live_status" in found.get_deferred_fields():
            found.refresh_from_db(fields=["live_status", "published_version"])
        return found

    def has_open_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Open a draft of what is published."""
        return self._has_state(request, object_id, *PUBLISHED)

    def has_archive_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Archive what is not archived."""
        return self._has_state(request, object_id, SpindleStatus.DRAFT, *PUBLISHED)

    def has_run_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Run what is live."""
        return self._lives(request, object_id, *RUNNING)

    def has_try_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Run an open draft."""
        return self._has_state(request, object_id, SpindleStatus.DRAFT)

    def has_activate_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Activate what rests."""
        return self._lives(request, object_id, *MAY_ACTIVATE)

    def has_deactivate_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Deactivate what works."""
        return self._lives(request, object_id, *MAY_DEACTIVATE)

    def has_deprecate_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Deprecate what is live."""
        return self._lives(request, object_id, *MAY_DEPRECATE)

    def _lives(self, request: HttpRequest, object_id: str, *states: SpindleStatus) -> bool:
        found = self.entity_of_page(request, object_id)
        alive = isinstance(found, Spindle) and found.status != SpindleStatus.ARCHIVED
        return (
            alive
            and getattr(found, "live_status", None) in states
            and self.has_change_permission(request, found)
        )

    def _run(self, request: HttpRequest, form: RunForm, object_id: str) -> HttpResponse:
        spindle = spindle_row(object_id)
        try:
            with transaction.atomic():
                run = form.start(operator_of(request, spindle.organization_id), spindle)
        except DomainError as error:
            for _, message in explain(error):
                messages.error(request, message)
            return HttpResponse(headers={"HX-Redirect": str(admin_address(Spindle, spindle.pk))})
        messages.success(request, "The run was started.")
        return HttpResponse(headers={"HX-Redirect": str(admin_address(Execution, run.pk))})
