"""Forms of function models; dialogues show what is about to happen above their fields."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.admin.operators import operator_of
from config.admin.theme import BaseDialogForm
from config.exceptions import DomainError
from function_models.admin import impact
from function_models.limits import NAME_LENGTH
from function_models.models import FunctionModel
from node_links.admin.dialogues import PublishForm, ReasonForm
from node_links.admin.entity_pages import RevisionForm

EDITABLE = ("name", "description", "process_type", "complexity_level", "estimated_duration",
            "tags", "metadata", "ai_agent_config", "permissions")  # fmt: skip
_NULLABLE = ("description", "process_type", "complexity_level")


class FunctionModelForm(RevisionForm):
    """A model as it was when the page was opened; `seen_revision` says when that was."""

    editable = EDITABLE
    nullable = _NULLABLE

    class Meta:
        model = FunctionModel
        fields = EDITABLE
        widgets = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "tags": UnfoldAdminTextInputWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say how tags are written."""
        super().__init__(*args, **kwargs)
        if "tags" in self.fields:
            self.fields["tags"].help_text = "Separated by commas."

    def clean(self) -> dict[str, Any] | None:
        """Accept objects only where objects are kept."""
        cleaned = super().clean()
        for name in ("metadata", "ai_agent_config", "permissions"):
            value = self.cleaned_data.get(name)
            if value in (None, ""):
                self.cleaned_data[name] = {}
            elif not isinstance(value, dict):
                self.add_error(name, "A JSON object is needed.")
        return cleaned


class _AboutModel(BaseDialogForm):
    """A dialogue above which stands what `about` says."""

    form_before_template = "admin/function_models/about.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """Read the model and what would become of it."""
        model = FunctionModel.all_objects.get(pk=UUID(str(object_id)))
        actor = operator_of(request, model.organization_id)
        try:
            return {"about": self.about(actor, model)}
        except DomainError as refusal:
            return {"refusal": refusal.detail}

    def about(self, actor: Any, model: FunctionModel) -> Any:
        """Return what is to be shown."""
        raise NotImplementedError


class PublishModelForm(_AboutModel, PublishForm):
    """What stands in the way of publication, and what to say of the version."""

    about = staticmethod(impact.of_publishing)


class ArchiveForm(_AboutModel, ReasonForm):
    """What archiving puts at risk, why it is done, and whether links go too."""

    enforce_risk_assessment = forms.BooleanField(
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
        label="Refuse where the risk is high",
    )
    cleanup_links = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Take away the links that lead from it",
    )

    about = staticmethod(impact.of_archiving)


class DeleteForm(_AboutModel, ReasonForm):
    """Which links deleting breaks, and why it is done."""

    enforce_referential_integrity = forms.BooleanField(
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
        label="Refuse where others rely on it",
    )

    about = staticmethod(impact.of_deleting)


class RestoreForm(_AboutModel):
    """Whether it can come back, and under which name."""

    name = forms.CharField(
        required=False,
        empty_value=None,
        max_length=NAME_LENGTH[1],
        widget=UnfoldAdminTextInputWidget(),
        help_text="Only where the old name has been taken meanwhile.",
    )

    about = staticmethod(impact.of_restoring)


class DuplicateForm(BaseDialogForm):
    """What the copy is called."""

    name = forms.CharField(max_length=NAME_LENGTH[1], widget=UnfoldAdminTextInputWidget())
