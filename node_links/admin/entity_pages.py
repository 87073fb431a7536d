"""What the pages of every versioned entity share: acts by state, forms that know a revision."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from accounts.admin.operators import Write, operator_of, write_one
from accounts.models import Organization
from config.admin.acting import chosen_values
from config.admin.base import OperatorAdmin, RefusableForm
from config.admin.theme import BaseDialogForm, action, display
from config.exceptions import RevisionConflict
from node_links.admin.life_cycle import STATUS_COLOURS
from node_links.admin.neighbourhood import neighbourhood_address
from node_links.choices import EntityStatus
from node_links.models import NodeEntity


class RevisionForm(RefusableForm):
    """An entity as it was when its page was opened; `seen_revision` says when that was.

    `editable` names the fields that services take, `nullable` those that are null when empty. A
    new one asks for its organisation, and whether to save over a newer state is asked only where
    there is one.
    """

    editable: ClassVar[Sequence[str]] = ()
    nullable: ClassVar[Sequence[str]] = ()

    tenant = forms.ModelChoiceField(
        Organization.objects.all(),
        label="Organisation",
        widget=UnfoldAdminSelectWidget(),
        empty_label="Select value",
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    overwrite = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Save over it",
        help_text="Saves what you have written although somebody has changed it meanwhile.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember the revision that is shown."""
        super().__init__(*args, **kwargs)
        if self.exists:
            self.fields.pop("tenant", None)
            if "seen_revision" in self.fields:
                self.fields["seen_revision"].initial = self.instance.revision
        if not self.stale and "overwrite" in self.fields:
            self.fields["overwrite"].widget = forms.HiddenInput()

    @property
    def exists(self) -> bool:
        """Whether the page is that of an entity, not of one to be made."""
        return not self.instance._state.adding

    @property
    def stale(self) -> bool:
        """Whether this form was refused because it shows an older state."""
        return isinstance(self.refusal, RevisionConflict)

    @property
    def expected_revision(self) -> int | None:
        """The revision the change is meant for; None to save over whatever is there."""
        revision: int | None = self.cleaned_data.get("seen_revision")
        return None if self.cleaned_data.get("overwrite") else revision

    @property
    def values(self) -> dict[str, Any]:
        """What was changed, as the services take it."""
        return {
            name: None if name in self.nullable and self.cleaned_data[name] == "" else
            self.cleaned_data[name]
            for name in self.changed_data
            if name in self.editable
        }  # fmt: skip


class EntityAdmin(OperatorAdmin):
    """Pages of an entity with drafts and versions: which act its state allows.

    `create` and `update` are the services that write what the form holds.
    """

    create: ClassVar[Callable[..., NodeEntity]]
    update: ClassVar[Callable[..., NodeEntity]]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or change through the services; what they derived goes back into `obj`."""
        if change:
            actor = operator_of(request, obj.organization_id)
            saved = type(self).update(
                actor=actor,
                pk=obj.pk,
                values=form.values,
                expected_revision=form.expected_revision,
            )
        else:
            actor = operator_of(request, form.cleaned_data["tenant"].pk)
            saved = type(self).create(actor=actor, **form.values)
        obj.__dict__.update(saved.__dict__)

    @display(description="Status", ordering="status", label=STATUS_COLOURS | {"deleted": "danger"})
    def state(self, entity: NodeEntity) -> str:
        """Return the status, or that it is deleted."""
        return "deleted" if entity.deleted_at else entity.status

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show what is deleted to look at and to restore."""
        deleted = isinstance(obj, NodeEntity) and obj.deleted_at is not None
        return not deleted and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting is a dialogue: nothing is ever removed."""
        return False

    def has_publish_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Publish an open draft."""
        return self._has_state(request, object_id, EntityStatus.DRAFT)

    def has_open_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Open a draft of what is published."""
        return self._has_state(request, object_id, EntityStatus.PUBLISHED)

    def has_archive_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Archive what is not archived."""
        return self._has_state(request, object_id, EntityStatus.DRAFT, EntityStatus.PUBLISHED)

    def has_delete_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Delete what is not archived."""
        return self.has_archive_it_permission(request, object_id)

    def has_restore_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Restore what is deleted."""
        entity = self.entity_of_page(request, object_id)
        options = self.opts
        may = request.user.has_perm(f"{options.app_label}.change_{options.model_name}")
        return bool(entity and entity.deleted_at) and may

    def has_draw_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Draw what lies around what is not deleted."""
        entity = self.entity_of_page(request, object_id)
        may = request.user.has_perm("node_links.view_nodemetadata")
        return bool(entity and not entity.deleted_at) and may

    @action(description="Neighbourhood", icon="hub", permissions=["draw_it"])
    def neighbourhood(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the picture of what lies around the entity."""
        return redirect(neighbourhood_address(self.model.feature_type, UUID(object_id)))

    def entity_of_page(self, request: HttpRequest, object_id: str) -> NodeEntity | None:
        """Return the entity of this page, read once for all the questions about its state."""
        seen: dict[str, NodeEntity | None] = request.__dict__.setdefault("_entities_seen", {})
        if object_id not in seen:
            try:
                rows = self.model.all_objects.only("status", "deleted_at")
                seen[object_id] = rows.get(pk=object_id)
            except (ObjectDoesNotExist, ValidationError):
                seen[object_id] = None
        return seen[object_id]

    def write_one(
        self, request: HttpRequest, object_id: str, done: str, write: Write
    ) -> HttpResponse:
        """Call `write` for the entity of a dialogue's page as its organisation's operator."""
        entity = self.model.all_objects.only("organization_id").get(pk=object_id)
        return write_one(request, entity, done, write)

    def write_values(
        self,
        request: HttpRequest,
        object_id: str,
        done: str,
        form: BaseDialogForm,
        service: Callable[..., object],
    ) -> HttpResponse:
        """Call `service` likewise, with what was chosen in the dialogue's form by name."""
        values = chosen_values(form)
        return self.write_one(
            request, object_id, done, lambda a, pk: service(actor=a, pk=pk, **values)
        )

    def _has_state(self, request: HttpRequest, object_id: str, *states: str) -> bool:
        entity = self.entity_of_page(request, object_id)
        return bool(entity and entity.status in states) and self.has_change_permission(
            request, entity
        )
