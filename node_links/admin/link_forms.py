"""The form of a link made by hand."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from config.admin.base import RefusableForm
from config.exceptions import ValidationFailed
from node_links.admin.node_choice import NodeChoiceField, NodeSelect
from node_links.links.drafts import HALF, Address, LinkDraft
from node_links.links.rules import read_pin
from node_links.models import NodeLink, NodeLinkType, NodeMetadata

CHANGEABLE = ("base_strength", "version_pin", "link_context", "visual_properties")


class LinkForm(RefusableForm):
    """Both ends by name, what the link means and how strong it is.

    The ends and the meaning of a link that exists stand fast; `seen_revision` says in which state
    it was when the page was opened.
    """

    source = NodeChoiceField("source", label="From", help_text="Type a name.")
    target = NodeChoiceField("target", label="To", help_text="Type a name.")
    link_type = forms.ChoiceField(label="Means", widget=UnfoldAdminSelectWidget())
    base_strength = forms.DecimalField(
        min_value=0, max_value=1, max_digits=5, decimal_places=4, initial=HALF,
        widget=UnfoldAdminDecimalFieldWidget(), help_text="0 to 1, before what is measured.",
    )  # fmt: skip
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = NodeLink
        fields = ("source", "target", "link_type", *CHANGEABLE)
        widgets = {
            name: UnfoldAdminTextareaWidget(attrs={"rows": 3})
            for name in ("link_context", "visual_properties")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the types, and the nodes, of the organisation that is known already."""
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self._hold_the_ends()
            return
        organization = self._organization()
        target, kinds = self.fields["target"].widget, self.fields["link_type"]
        if isinstance(target, NodeSelect):
            target.organization_id = organization
        if isinstance(kinds, forms.ChoiceField):
            kinds.choices = _types(organization)

    def _hold_the_ends(self) -> None:
        for name in ("source", "target", "link_type"):
            self.fields.pop(name, None)
        if "seen_revision" in self.fields:
            self.fields["seen_revision"].initial = self.instance.revision

    def clean(self) -> dict[str, Any] | None:
        """Refuse what is seen at once to be wrong: ends of two organisations, and one end twice."""
        cleaned = super().clean()
        source, target = self.cleaned_data.get("source"), self.cleaned_data.get("target")
        if source and target and source.pk == target.pk:
            self.add_error("target", "A node cannot be linked with itself.")
        elif source and target and source.organization_id != target.organization_id:
            self.add_error("target", "This node belongs to another organisation.")
        return cleaned

    def clean_version_pin(self) -> str:
        """Return the pin in its one spelling."""
        try:
            return read_pin(self.cleaned_data["version_pin"])
        except ValidationFailed as error:
            raise forms.ValidationError(error.detail) from error

    def clean_link_context(self) -> dict[str, Any]:
        """Accept an object only."""
        return _object(self.cleaned_data["link_context"])

    def clean_visual_properties(self) -> dict[str, Any]:
        """Accept an object only."""
        return _object(self.cleaned_data["visual_properties"])

    @property
    def draft(self) -> LinkDraft:
        """The link that is to be made."""
        data = self.cleaned_data
        return LinkDraft(
            source=_address(data["source"]),
            target=_address(data["target"]),
            link_type=data["link_type"],
            base_strength=data["base_strength"],
            link_context=data["link_context"],
            visual_properties=data["visual_properties"],
            version_pin=data["version_pin"],
        )

    @property
    def values(self) -> dict[str, Any]:
        """What was changed, as the service takes it."""
        changed = [name for name in self.changed_data if name in CHANGEABLE]
        return {name: self.cleaned_data[name] for name in changed}

    def _organization(self) -> UUID | None:
        """Return the organisation of the source that was given, if one was."""
        given = self.data.get("source") if self.is_bound else self.initial.get("source")
        if not given:
            return None
        try:
            rows = NodeMetadata.objects.filter(pk=UUID(str(given)))
        except ValueError:
            return None
        return rows.values_list("organization_id", flat=True).first()


def _types(organization: UUID | None) -> list[tuple[str, str]]:
    own = Q(organization=organization) if organization else Q(organization__isnull=False)
    rows = NodeLinkType.objects.filter(Q(organization=None) | own).order_by("type_name")
    names = dict.fromkeys(rows.values_list("type_name", flat=True))
    return [("", "Select value"), *((name, name) for name in names)]


def _address(node: NodeMetadata) -> Address:
    return Address(node.feature_type, node.entity_id, node.node_id)


def _object(value: Any) -> dict[str, Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise forms.ValidationError("A JSON object is needed.")
    return value
