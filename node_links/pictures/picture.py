"""An SVG document as it is served: filled into a template, with its own style sheet."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from node_links.pictures.styles import policy_of, read_stylesheet


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG document, its size in pixels, and the policy to serve it under: its own style sheet
    and nothing else."""

    svg: SafeString
    width: int
    height: int
    policy: str


def fill(template: str, *styles: str, width: int, height: int, **parts: Any) -> Picture:
    """Return the template with its `parts`, and the style sheets of these names in it."""
    style = read_stylesheet(*styles)
    shown = {"style": style, "width": width, "height": height, **parts}
    return Picture(render_to_string(template, shown), width, height, policy_of(style))
