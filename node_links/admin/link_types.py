"""What a link can mean."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminColorInputWidget

from accounts.admin.operators import operator_of
from config.admin.base import OperatorAdmin, RefusableForm
from config.admin.theme import display
from node_links.models import NodeLinkType
from node_links.pictures.looks import NEUTRAL, colour
from node_links.services.links.kinds import create_link_type, delete_link_type, update_link_type

_VALUES = ("description", "color", "icon", "is_bidirectional", "change_travels")
_NAME = RegexValidator(r"\A[a-z][a-z0-9_-]*\Z", "Small letters, digits, _ and -, a letter first.")
_COLOUR = RegexValidator(r"\A#[0-9A-Fa-f]{6}\Z", "A colour such as #3B82F6.")


class LinkTypeForm(RefusableForm):
    """A type of an organisation's own."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = NodeLinkType
        fields = ("organization", "type_name", *_VALUES)
        widgets = {"color": UnfoldAdminColorInputWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember the revision that is shown, and ask whose type a new one is."""
        super().__init__(*args, **kwargs)
        if "seen_revision" in self.fields and not self.instance._state.adding:
            self.fields["seen_revision"].initial = self.instance.revision
        if "organization" in self.fields:
            self.fields["organization"].required = True
        if "type_name" in self.fields:
            self.fields["type_name"].validators.append(_NAME)
        if "color" in self.fields:
            self.fields["color"].validators.append(_COLOUR)
            if self.instance._state.adding:
                self.fields["color"].initial = NEUTRAL

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in _VALUES if name in self.cleaned_data}


@admin.register(NodeLinkType)
class LinkTypeAdmin(OperatorAdmin):
    """The platform's own types belong to no organisation, are seen by all and stand fast."""

    form = LinkTypeForm
    list_display = ("swatch", "type_name", "description", "owner", "is_bidirectional", "travels")
    list_display_links = ("type_name",)
    list_select_related = ("organization",)
    list_filter = ("organization", "change_travels")
    search_fields = ("type_name", "description")
    autocomplete_fields = ("organization",)

    @display(description="")
    def swatch(self, kind: NodeLinkType) -> SafeString:
        """Return the colour as a dot."""
        return format_html(
            '<span class="nl-swatch" style="background:{}"></span>', colour(kind.color)
        )

    @display(description="Owner", empty_value="platform")
    def owner(self, kind: NodeLinkType) -> str | None:
        """Return whose type it is."""
        return kind.organization.name if kind.organization else None

    @display(description="A change travels", ordering="change_travels")
    def travels(self, kind: NodeLinkType) -> str:
        """Return which way the effect of a change goes along it."""
        return kind.get_change_travels_display()

    def get_fields(self, request: HttpRequest, obj: NodeLinkType | None = None) -> Any:
        """Compare revisions where there is something to change."""
        shown = ("type_name", "organization", *_VALUES)
        changing = obj is not None and self.has_change_permission(request, obj)
        return (*shown, "seen_revision") if changing else shown

    def get_readonly_fields(
        self, request: HttpRequest, obj: NodeLinkType | None = None
    ) -> tuple[str, ...]:
        """Keep name and owner: links carry the name."""
        return ("type_name", "organization") if obj else ()

    def save_model(self, request: HttpRequest, obj: NodeLinkType, form: Any, change: bool) -> None:
        """Make or change a type through the services."""
        actor = operator_of(request, obj.organization_id)
        if change:
            expected = form.cleaned_data.get("seen_revision")
            saved = update_link_type(
                actor=actor, pk=obj.pk, values=form.values, expected_revision=expected
            )
        else:
            saved = create_link_type(actor=actor, type_name=obj.type_name, **form.values)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: NodeLinkType) -> None:
        """Take a type away that no link has."""
        delete_link_type(actor=operator_of(request, obj.organization_id), pk=obj.pk)

    def has_change_permission(self, request: HttpRequest, obj: NodeLinkType | None = None) -> bool:
        """Leave the platform's types as they are."""
        return _own(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: NodeLinkType | None = None) -> bool:
        """Leave the platform's types as they are."""
        return _own(obj) and bool(super().has_delete_permission(request, obj))


def _own(kind: NodeLinkType | None) -> bool:
    return kind is None or kind.organization_id is not None
