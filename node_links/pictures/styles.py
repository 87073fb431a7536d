"""The style sheet inside a picture, and the policy that allows it and nothing else."""

import base64
import hashlib
from functools import cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

BASE = "pictures/base.css"


@cache
def read_stylesheet(*names: str) -> SafeString:
    """Return what all pictures share, and the style sheets of those names, as one."""
    sheets = [render_to_string(one).strip() for one in (BASE, *names)]
    return mark_safe("\n".join(sheets))  # noqa: S308 -- files of ours


@cache
def policy_of(stylesheet: str) -> str:
    """Return the policy under which a picture is served: its own style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(stylesheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'self'"
