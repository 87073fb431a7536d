"""Forms of SOPs."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Organization
from knowledge_base.admin.editor import MarkdownEditor
from knowledge_base.models import MAX_CONTENT_BYTES, Sop
from node_links.admin.dialogues import ReasonForm
from node_links.admin.entity_pages import RevisionForm

EDITABLE = (
    "title",
    "summary",
    "content",
    "category",
    "tags",
    "content_type",
    "complexity",
    "audience",
    "author",
    "search_keywords",
    "searchable",
    "review_due_on",
    "aliases",
    "prerequisites",
    "metadata",
    "permissions",
)
_NULLABLE = ("summary", "category", "complexity", "audience", "author")
_LISTS = ("tags", "search_keywords", "aliases", "prerequisites")


class SopForm(RevisionForm):
    """An SOP as it was when the page was opened; `seen_revision` says when that was."""

    editable = EDITABLE
    nullable = _NULLABLE

    class Meta:
        model = Sop
        fields = EDITABLE
        widgets = {
            "content": MarkdownEditor(),
            "summary": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "audience": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "review_due_on": UnfoldAdminSingleDateWidget(),
            **{name: UnfoldAdminTextInputWidget() for name in _LISTS},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Tell the editor whose text it holds."""
        super().__init__(*args, **kwargs)
        if "content" in self.fields and self.exists:
            self.fields["content"].widget.attrs["data-sop"] = str(self.instance.pk)
        for name in _LISTS:
            if name in self.fields:
                self.fields[name].help_text = "Separated by commas."

    def clean_content(self) -> str:
        """Normalise line ends, as browsers send them otherwise; bound the size."""
        content = str(self.cleaned_data["content"]).replace("\r\n", "\n")
        if len(content.encode()) > MAX_CONTENT_BYTES:
            raise forms.ValidationError(f"At most {MAX_CONTENT_BYTES // 1024} KiB of text.")
        return content

    def clean_metadata(self) -> dict[str, Any]:
        """Accept an object only."""
        return _object(self.cleaned_data["metadata"])

    def clean_permissions(self) -> dict[str, Any]:
        """Accept an object only."""
        return _object(self.cleaned_data["permissions"])


def _object(value: Any) -> dict[str, Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise forms.ValidationError("A JSON object is needed.")
    return value


class RemovalForm(ReasonForm):
    """Why, and whether what joins the SOP to others goes too."""

    cleanup_links = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Take its links away",
        help_text="References to it dangle. All of it happens, or nothing.",
    )


class SearchForm(forms.Form):
    """What to look for, where and how."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(), widget=UnfoldAdminSelectWidget(), empty_label=None
    )
    q = forms.CharField(
        label="Query",
        max_length=1000,
        required=False,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "Words, or a question", "type": "search", "autofocus": True}
        ),
    )
    mode = forms.ChoiceField(
        choices=[
            ("hybrid", "Words and meaning"),
            ("text", "Words"),
            ("semantic", "Meaning"),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


class ImportForm(forms.Form):
    """A zip of Markdown files."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(), widget=UnfoldAdminSelectWidget(), empty_label=None
    )
    file = forms.FileField(label="Zip file", widget=forms.FileInput(attrs={"accept": ".zip"}))
    publish = forms.BooleanField(
        required=False, label="Publish what is imported", widget=UnfoldBooleanSwitchWidget()
    )
