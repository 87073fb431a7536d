"""What operators do with spindles: to one in a dialogue, to many from the list."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.enums import ActionVariant

from accounts.admin.operators import operator_of, write_each
from config.admin.base import explain
from config.admin.display import admin_address
from config.admin.theme import action
from config.exceptions import DomainError
from node_links.admin.entity_pages import EntityAdmin
from node_links.admin.life_cycle import BumpForm, PublishForm, ReasonForm
from node_links.choices import Bump
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

    @action(
        description="Run now",
        icon="play_arrow",
        permissions=["run_it"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Run the live version",
            "form_class": RunForm,
            "form_submit_text": "Run",
        },
    )
    def run_now(self, request: HttpRequest, form: RunForm, object_id: str) -> HttpResponse:
        """Start a run of the live version, and go to its page."""
        return self._run(request, form, object_id)

    @action(
        description="Try the draft",
        icon="science",
        permissions=["try_it"],
        dialog={
            "title": "Run the open draft",
            "description": "In development: no production subscriber hears of it.",
            "form_class": RunDraftForm,
            "form_submit_text": "Run",
        },
    )
    def run_draft(self, request: HttpRequest, form: RunDraftForm, object_id: str) -> HttpResponse:
        """Start a run of the draft, and go to its page."""
        return self._run(request, form, object_id)

    @action(
        description="Publish",
        icon="task_alt",
        permissions=["publish_it"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Publish the draft",
            "description": "Freezes the steps under its number; runs follow it from then on.",
            "form_class": PublishForm,
            "form_submit_text": "Publish",
        },
    )
    def publish(self, request: HttpRequest, form: PublishForm, object_id: str) -> HttpResponse:
        """Publish the open draft."""
        notes = form.cleaned_data["notes"]
        return self.write_one(
            request, object_id, "Published.",
            lambda a, pk: publish_spindle(actor=a, pk=pk, notes=notes),
        )  # fmt: skip

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
            request, object_id, "A new draft is open.",
            lambda a, pk: open_spindle_version(actor=a, pk=pk, bump=bump),
        )  # fmt: skip

    @action(description="Activate", icon="toggle_on", permissions=["activate_it"], dialog={
        "title": "Activate the live version",
        "description": "Its triggers fire and it can be run.",
        "form_submit_text": "Activate",
    })  # fmt: skip
    def activate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let the live version work again."""
        return self.write_one(
            request, object_id, "Activated.", lambda a, pk: activate_spindle(actor=a, pk=pk)
        )

    @action(description="Deactivate", icon="toggle_off", permissions=["deactivate_it"], dialog={
        "title": "Deactivate the live version",
        "description": "Its triggers fall silent and no run begins; those at work finish.",
        "form_submit_text": "Deactivate",
    })  # fmt: skip
    def deactivate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let the live version rest."""
        return self.write_one(
            request, object_id, "Deactivated.", lambda a, pk: deactivate_spindle(actor=a, pk=pk)
        )

    @action(
        description="Deprecate",
        icon="do_not_disturb_on",
        permissions=["deprecate_it"],
        dialog={
            "title": "Deprecate the live version",
            "description": "It never comes back; a new version may be published in its place.",
            "form_class": ReasonForm,
            "form_submit_text": "Deprecate",
        },
    )
    def deprecate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Say that the live version is not to be used any more."""
        reason = form.cleaned_data["reason"]
        return self.write_one(
            request, object_id, "Deprecated.",
            lambda a, pk: deprecate_spindle(actor=a, pk=pk, reason=reason),
        )  # fmt: skip

    @action(
        description="Archive",
        icon="inventory_2",
        permissions=["archive_it"],
        dialog={
            "title": "Archive this spindle",
            "description": "For good: it stays readable, and can no longer be changed or run.",
            "form_class": ReasonForm,
            "form_submit_text": "Archive",
        },
    )
    def archive(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Archive for good."""
        reason = form.cleaned_data["reason"]
        return self.write_one(
            request, object_id, "Archived.",
            lambda a, pk: archive_spindle(actor=a, pk=pk, reason=reason),
        )  # fmt: skip

    @action(
        description="Delete",
        icon="delete",
        permissions=["delete_it"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Delete this spindle",
            "description": "It is hidden and everything is kept; it can be restored for a while.",
            "form_class": ReasonForm,
            "form_submit_text": "Delete",
        },
    )
    def delete_softly(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Hide it, keeping everything."""
        reason = form.cleaned_data["reason"]
        return self.write_one(
            request, object_id, "Deleted. It can be restored from here.",
            lambda a, pk: delete_spindle(actor=a, pk=pk, reason=reason),
        )  # fmt: skip

    @action(description="Restore", icon="restore_from_trash", permissions=["restore_it"], dialog={
        "title": "Restore this spindle",
        "description": "Brings it back exactly as it was.",
        "form_submit_text": "Restore",
    })  # fmt: skip
    def restore(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Undo the deletion."""
        return self.write_one(
            request, object_id, "Restored.", lambda a, pk: restore_spindle(actor=a, pk=pk)
        )

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
