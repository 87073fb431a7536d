"""Values as people read them."""

from typing import Any

import orjson
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"


def pretty_json(value: Any) -> SafeString:
    """Return `value` as indented JSON."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    return format_html('<pre class="nl-code">{}</pre>', text)


def code(text: str) -> SafeString:
    """Return `text` in a typewriter's face, line breaks kept."""
    return format_html('<pre class="nl-code">{}</pre>', text)


def panel(template: str, **context: Any) -> SafeString:
    """Return a template rendered to stand across the whole width of a form."""
    return format_html('<div class="nl-wide">{}</div>', render_to_string(template, context))


def admin_link(model: type[Model], pk: Any, text: str) -> SafeString | str:
    """Return a link to the page of a row, or only its text where the model has no page."""
    address = admin_address(model, pk)
    return format_html('<a class="text-link" href="{}">{}</a>', address, text) if address else text


def admin_address(model: type[Model], pk: Any) -> str | None:
    """Return the address of a row's page, None where its model has none."""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
    except NoReverseMatch:
        return None


def list_address(model: str, **query: object) -> str:
    """Return the address of a list (`app_model`), narrowed by `query`."""
    parameters = {name: str(value) for name, value in query.items()}
    return reverse(f"admin:{model}_changelist", query=parameters or None)
