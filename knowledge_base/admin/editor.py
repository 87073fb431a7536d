"""A text area for Markdown with the rendered text beside it."""

from typing import Any

from django.forms import Media, Textarea
from django.template.loader import render_to_string
from django.urls import reverse_lazy


class MarkdownEditor(Textarea):
    """The server renders the preview, so that it shows exactly what readers will see."""

    preview_url = reverse_lazy("admin:knowledge_base_sop_preview")

    @property
    def media(self) -> Media:
        """Return the script that asks for the preview."""
        return Media(js=["knowledge_base/editor.js"])

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Return both panes."""
        context = self.get_context(name, value, attrs)
        context["preview_url"] = self.preview_url
        return render_to_string("admin/knowledge_base/sop/editor.html", context)
