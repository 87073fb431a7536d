"""The form of a spindle, and the dialogues around it."""

from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from node_links.admin.entity_pages import RevisionForm
from spindles.models import Spindle
from spindles.services.defining import definition_of

DRAWN = ("steps",)
EDITABLE = ("name", "description", "spindle_type", "complexity_level", "inputs", "outputs",
            "max_concurrency", "timeout", "tags", "metadata", "permissions", *DRAWN)  # fmt: skip
_NULLABLE = ("description", "spindle_type", "complexity_level")
_OBJECTS = ("metadata", "permissions")


class SpindleForm(RevisionForm):
    """A spindle as it was when the page was opened; `seen_revision` says when that was."""

    editable = EDITABLE
    nullable = _NULLABLE

    steps = forms.JSONField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 24, "class": "nl-mono"}),
        help_text="The list of steps as JSON; the drawing follows it.",
    )

    class Meta:
        model = Spindle
        fields = tuple(name for name in EDITABLE if name not in DRAWN)
        widgets = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "tags": UnfoldAdminTextInputWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the steps as they are written."""
        super().__init__(*args, **kwargs)
        if "steps" in self.fields and self.exists:
            written = definition_of(self.instance).steps
            self.fields["steps"].initial = [step.as_dict() for step in written]
        if "tags" in self.fields:
            self.fields["tags"].help_text = "Separated by commas."

    def clean(self) -> dict[str, Any] | None:
        """Accept objects and lists only where such are kept."""
        cleaned = super().clean()
        for name in (*_OBJECTS, "inputs", "steps"):
            if name not in self.fields or name not in self.cleaned_data:
                continue
            empty: Any = {} if name in _OBJECTS else []
            value = self.cleaned_data[name]
            if value in (None, ""):
                self.cleaned_data[name] = empty
            elif not isinstance(value, type(empty)):
                self.add_error(
                    name, f"A JSON {'object' if name in _OBJECTS else 'list'} is needed."
                )
        return cleaned


def spindle_row(object_id: str | UUID) -> Spindle:
    """Return the spindle of a page."""
    return Spindle.all_objects.get(pk=UUID(str(object_id)))
